import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * Shows an alert to the administrator whom it is sent to, until it is closed or opened.
 */
export const alertNotificationService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, { action, bus_service, notification }) {
        bus_service.subscribe("account_ai/alert", ({ id, title, message }) => {
            const close = notification.add(message, {
                title,
                type: "warning",
                sticky: true,
                buttons: [{ name: _t("Open"), primary: true, onClick: open }],
            });

            function open() {
                close();
                return action.doAction({
                    type: "ir.actions.act_window",
                    res_model: "account.ai.alert",
                    res_id: id,
                    views: [[false, "form"]],
                });
            }
        });
        bus_service.start();
    },
};

registry.category("services").add("account_ai_alert_notification", alertNotificationService);
