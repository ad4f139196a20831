{
    "name": "Account AI: the baseline of the stream benchmark",
    "summary": "A bare authenticated route that only relays a stream of Claude",
    "version": "19.0.1.0.0",
    "author": "Account AI",
    "license": "LGPL-3",
    "depends": ["web"],
    "installable": True,
}
