import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * Shows the progress of the documents that were queued for validation: one
 * notification that is replaced as they are processed, and a last one with the result.
 */
export const queueNotificationService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service, notification }) {
        let closePrevious = () => {};

        function show(message, options) {
            closePrevious();
            closePrevious = notification.add(message, options);
        }

        function refresh() {
            closePrevious();
            return action.doAction("soft_reload");
        }

        bus_service.subscribe("account_ai/queue", ({ done, total, failed, review, reject }) => {
            const title = _t("AI validation");
            if (done < total) {
                show(_t("%(done)s of %(total)s documents validated.", { done, total }), {
                    title,
                    type: "info",
                    autocloseDelay: 10000,
                });
                return;
            }
            show(
                failed
                    ? _t(
                          "%(total)s documents processed: %(reject)s to reject, " +
                              "%(review)s to review, %(failed)s failed.",
                          { total, reject, review, failed }
                      )
                    : _t(
                          "%(total)s documents validated: %(reject)s to reject, " +
                              "%(review)s to review.",
                          { total, reject, review }
                      ),
                {
                    title,
                    type: failed || reject ? "warning" : "success",
                    sticky: true,
                    buttons: [{ name: _t("Refresh"), primary: true, onClick: refresh }],
                }
            );
        });
        bus_service.start();
    },
};

registry.category("services").add("account_ai_queue_notification", queueNotificationService);
