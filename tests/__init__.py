# Odoo's own test runner takes modules of this package: each folder passes its own up.
from .agents import *  # noqa: F403
from .common import *  # noqa: F403
from .costs import *  # noqa: F403
from .documents import *  # noqa: F403
from .gateway import *  # noqa: F403
from .posting import *  # noqa: F403
from .privacy import *  # noqa: F403
from .review import *  # noqa: F403
from .rules import *  # noqa: F403
from .validation import *  # noqa: F403
