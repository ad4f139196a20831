# In the order of the floor: a room re-opens models of those above it.
from . import common  # isort: skip
from . import gateway  # isort: skip
from . import documents  # isort: skip
from . import costs  # isort: skip
from . import validation  # isort: skip
from . import review  # isort: skip
from . import posting  # isort: skip
