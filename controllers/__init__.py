from . import common, costs, validation
