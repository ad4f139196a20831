from . import cost_export, validation
