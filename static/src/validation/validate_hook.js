import { useService } from "@web/core/utils/hooks";

/**
 * @returns {(record: Object, options?: { force?: boolean }) => Promise<void>} function that
 *  saves the record of a form when it has to, and then validates it; when it cannot be
 *  saved, the form shows why and nothing is validated
 */
export function useValidate() {
    const validationService = useService("account_ai_validation");
    return async (record, options) => {
        const mustSave = record.isNew || (await record.isDirty());
        if (mustSave && !(await record.save())) {
            return;
        }
        await validationService.validate(record.resId, options);
    };
}
