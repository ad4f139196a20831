from . import cost_export
