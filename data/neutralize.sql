-- a copy of the database must neither use nor know the keys, nor send anything
DELETE FROM ir_config_parameter
 WHERE key IN ('account_ai.api_key', 'account_ai.admin_key', 'account_ai.redis_url');
UPDATE res_company
   SET account_ai_enabled = FALSE;
UPDATE account_ai_validation
   SET state = 'interrupted'
 WHERE state IN ('queued', 'running');
