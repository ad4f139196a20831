{
    "name": "Account AI: Chilean invoices validated with Claude",
    "summary": "Validates Chilean tax documents with rules and Claude, with evidence",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Account AI",
    "website": "https://github.com/account-ai/account_ai",
    "license": "LGPL-3",
    "depends": ["account", "l10n_cl", "project", "bus"],
    "external_dependencies": {
        "python": ["anthropic", "genai-prices", "structlog", "tenacity"],
    },
    "data": [
        "security/account_ai_groups.xml",
        "security/ir.model.access.csv",
        "security/account_ai_rules.xml",
        "security/account_ai_validation_security.xml",
        "views/account_ai_usage_views.xml",
        "views/res_config_settings_views.xml",
        "wizards/account_ai_company_settings_views.xml",
        "wizards/account_ai_consent_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["account_ai/static/src/**/*"],
        "web.assets_unit_tests": [
            "account_ai/static/tests/**/*",
            ("remove", "account_ai/static/tests/tours/**/*"),
        ],
        "web.assets_tests": ["account_ai/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
    "application": True,
    "installable": True,
}
