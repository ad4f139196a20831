from . import test_backend
from . import test_hoot
from . import test_gateway
from . import test_claude_backend
