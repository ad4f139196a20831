"""Who may do what: the complete table that ``test_access_walk`` checks.

A model, a field on one of Odoo's models, a public method or a route that is missing
here fails that test: whoever adds one decides here who has access.
"""

from odoo.addons.account_ai.services.claude.operations import LIMITED

ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "nobody": "base.group_user",
    "readonly": "account.group_account_readonly",
    "invoicing": "account.group_account_invoice",
    "override": "base.group_user,account_ai.group_override",
    "user": "account_ai.group_user",
    "reviewer": "account_ai.group_reviewer",
    "manager": "account_ai.group_manager",
    "system": "base.group_system",
}
"""One user each, of the company, with nothing else; see ``HOLDS``."""

OUTSIDERS = ("public", "portal", "nobody")
"""Who may do nothing at all."""

HOLDS = {
    **{role: (role,) for role in ROLES},
    "reviewer": ("user", "override", "reviewer"),
    "manager": ("user", "override", "reviewer", "manager"),
}
"""The rights of a group include those of the groups that it implies."""

READ, WRITE, ALL = "r", "rw", "rwcd"
"""Of ``r``\\ ead, ``w``\\ rite, ``c``\\ reate and ``d``\\ elete."""

MODELS = {
    # Dialogs: who may open one writes what is typed into it, and has no access to those
    # of others.
    "account.ai.accrual": {"manager": "rwc"},
    "account.ai.company.settings": {"manager": "rwc"},
    "account.ai.consent": {"manager": "rwc", "system": "rwc"},
    "account.ai.cost.export": {"manager": "rwc", "system": "rwc"},
    "account.ai.posting": {"invoicing": WRITE},
    "account.ai.posting.line": {"invoicing": READ},
    "account.ai.queueing": {"user": READ},
    "account.ai.queueing.budget": {"user": READ},
    # Of a company, entered by its people.
    "account.ai.budget": {"manager": ALL, "system": ALL},
    "account.ai.document.reference": {
        "invoicing": ALL,
        "readonly": READ,
        "user": READ,
    },
    "account.ai.folio.range": {"user": READ, "manager": ALL},
    "account.ai.rule.setting": {"user": READ, "manager": "rwc"},
    # Of a company, written by the product only.
    "account.ai.alert": {"manager": READ, "system": READ},
    "account.ai.budget.period": {"manager": READ, "system": READ},
    "account.ai.disposition": {"user": READ},
    "account.ai.finding": {"user": READ},
    "account.ai.posting.record": {"user": READ, "override": READ},
    "account.ai.review": {"reviewer": READ},
    "account.ai.rule.precision": {"manager": READ},
    "account.ai.usage": {"user": READ, "system": READ},
    "account.ai.usage.rollup": {"user": READ, "system": READ},
    "account.ai.validation": {"user": READ},
    # Without a company: shared by all companies, so only system administrators change
    # it.
    "account.ai.answer": {"system": READ},
    "account.ai.circuit": {"manager": READ, "system": READ},
    "account.ai.model": {"manager": READ, "system": "rwc"},
    "account.ai.prompt": {"manager": READ},
    "account.ai.prompt.count": {"system": READ},
    "account.ai.rate": {"user": READ, "system": ALL},
    "account.ai.rate.window": {"system": READ},
    "account.ai.reconciliation": {"system": READ},
    "account.ai.usage.day": {"system": READ},
    "account.ai.usage.user.day": {"system": READ},
}

SHARED = {
    "account.ai.circuit",
    "account.ai.model",
    "account.ai.prompt",
    "account.ai.prompt.count",
    "account.ai.rate",
    "account.ai.rate.window",
    "account.ai.reconciliation",
}
"""Models without a company: the same rows for all."""

_DOCUMENT_GROUPS = (
    "account.group_account_invoice,account.group_account_readonly,account_ai.group_user"
)
_SETTINGS_GROUPS = "account_ai.group_manager,base.group_system"
_USER, _SYSTEM = "account_ai.group_user", "base.group_system"

FIELDS = {
    "account.journal": {
        None: {"account_ai_available", "account_ai_posting_policy"},
    },
    "account.move": {
        # Not about a customer invoice: whether the addon applies, and accrual entries.
        None: {"account_ai_accrual_month", "account_ai_available"},
        _USER: {
            "account_ai_is_simulated",
            "account_ai_is_stale",
            "account_ai_validation_count",
            "account_ai_validation_id",
            "account_ai_verdict",
        },
        _DOCUMENT_GROUPS: {
            "account_ai_no_debit_reduction",
            "account_ai_reference_ids",
            "account_ai_sii_received_at",
        },
    },
    "project.project": {
        _DOCUMENT_GROUPS: {
            "account_ai_billed_amount",
            "account_ai_contract_amount",
            "account_ai_contract_currency_id",
            "account_ai_has_contracts",
        },
    },
    "res.company": {
        "base.group_user": {
            "account_ai_consent_date",
            "account_ai_consent_user_id",
            "account_ai_consent_version",
            "account_ai_deadline_seconds",
            "account_ai_effort",
            "account_ai_enabled",
            "account_ai_fallback_model",
            "account_ai_language",
            "account_ai_limit_company",
            "account_ai_limit_queue",
            *(each.limit_field for each in LIMITED),
            "account_ai_mask_persons",
            "account_ai_max_input_tokens",
            "account_ai_max_call_usd",
            "account_ai_model",
            "account_ai_posting_policy",
            "account_ai_posting_rules_only",
            "account_ai_retention_days",
        },
        _SETTINGS_GROUPS: {
            "account_ai_fallback_model_id",
            "account_ai_model_id",
            "account_ai_model_notice",
        },
    },
}
"""Fields of the addon on Odoo's models, by the groups that see them; ``None``: whoever
reads the record. Odoo's settings are open to system administrators only."""

SYSTEM_FIELDS = {
    "account.ai.accrual": {
        "company_currency_id",
        "expense_account_id",
        "journal_id",
        "liability_account_id",
        "reversal_date",
    },
    "account.ai.budget": {"currency_id"},
    "account.ai.document.reference": {"code", "company_id", "document_type_code"},
    "account.ai.finding": {"decision", "move_id", "simulated"},
    "account.ai.folio.range": {"expires_on"},
    "account.ai.posting.record": {"partner_id"},
    "account.ai.review": {"currency_id", "simulated"},
    "account.ai.usage": {"company_currency_id"},
    "account.ai.validation": {"partner_id"},
    "project.project": {"account_ai_contract_currency_id"},
    "res.company": {
        "account_ai_fallback_model_id",
        "account_ai_model_id",
        "account_ai_model_notice",
    },
}
"""Fields that are worked out as the system: what they tell must be for whoever reads
the record, or be stored."""

ANYBODY, OF_ODOO = "anybody", "odoo"
"""``ANYBODY``: it returns an action of the client and reads nothing.

``OF_ODOO``: it overrides one of Odoo's, and asks for the rights that Odoo's asks for.
"""

_MANAGERS = ("manager", "system")

METHODS = {
    "account.ai.accrual": {"action_propose": ("manager",)},
    "account.ai.alert": {
        "action_propose_budget": _MANAGERS,
        "action_use_successor": _MANAGERS,
    },
    "account.ai.budget": {"create": OF_ODOO, "write": OF_ODOO},
    "account.ai.circuit": {"action_try_again": _MANAGERS},
    "account.ai.company.settings": {
        "action_apply": ("manager",),
        "action_consent": ("manager",),
        "action_use_successor": ("manager",),
        "create": OF_ODOO,
    },
    "account.ai.consent": {
        "action_confirm": _MANAGERS,
        "action_withdraw": _MANAGERS,
    },
    "account.ai.cost.export": {"action_export": _MANAGERS},
    "account.ai.dashboard": {
        "get_drill_down": ("user", "system"),
        "get_figures": ("user", "system"),
    },
    "account.ai.finding": {"dispose": ("reviewer",)},
    "account.ai.folio.range": {
        "create": OF_ODOO,
        "unlink": OF_ODOO,
        "write": OF_ODOO,
    },
    "account.ai.model": {
        # Read from Claude's list of models, never entered.
        "action_synchronize": _MANAGERS,
        "create": OF_ODOO,
        "name_create": ("system",),
        "write": OF_ODOO,
    },
    "account.ai.posting": {
        "action_confirm": ("invoicing",),
        "action_override": (),
        "action_post_others": ("invoicing",),
    },
    "account.ai.posting.line": {"action_open_move": ("invoicing",)},
    "account.ai.queueing": {"action_confirm": ("user",)},
    "account.ai.rate": {"create": OF_ODOO, "unlink": OF_ODOO, "write": OF_ODOO},
    "account.ai.reconciliation": {
        "action_open_unknown": ("system",),
        "action_open_usage": ("system",),
        "action_reconcile": ("system",),
        "get_empty_list_help": OF_ODOO,
    },
    "account.ai.review": {
        "action_open_move": ("reviewer",),
        "get_queue": ("reviewer",),
    },
    "account.ai.rule.precision": {
        "action_demote": ("manager",),
        "action_dispositions": ("manager",),
    },
    "account.ai.rule.setting": {"create": OF_ODOO, "write": OF_ODOO},
    "account.ai.usage": {
        "action_open_document": ("user", "system"),
        "create": OF_ODOO,
        "write": OF_ODOO,
    },
    "account.ai.validation": {"action_open_move": ("user",)},
    "account.move": {
        "account_ai_panel": ("invoicing", "readonly"),
        "account_ai_queue": (),
        "action_account_ai_accrued_calls": ("invoicing", "readonly"),
        "action_account_ai_queue": ("user",),
        "action_account_ai_validations": ANYBODY,
        "action_post": OF_ODOO,
        "action_validate_moves_with_confirmation": OF_ODOO,
        "get_views": OF_ODOO,
    },
    "ir.config_parameter": {"create": OF_ODOO, "write": OF_ODOO},
    "project.project": {"create": OF_ODOO, "write": OF_ODOO},
    "res.company": {"create": OF_ODOO, "write": OF_ODOO},
    "res.config.settings": {
        "action_account_ai_consent": ("system",),
        "action_account_ai_remove_admin_key": ("system",),
        "action_account_ai_remove_key": ("system",),
        "action_account_ai_remove_redis": ("system",),
        "action_account_ai_test_connection": ("system",),
        "action_account_ai_test_redis": ("system",),
        "action_account_ai_use_successor": ("system",),
        "action_account_ai_withdraw": ("system",),
        "set_values": ("system",),
    },
    "validate.account.move": {"validate_move": ("invoicing",)},
}
"""Public methods that a client may call, and by whom; everybody else is refused. Who
may call one still needs the rights on the record: its user needs both."""

ROUTES = {
    "/account_ai/costs/export/<string:export_id>": ("manager", "system"),
    "/account_ai/validate": ("user",),
}
"""Who may use a route; a visitor without a session never."""
