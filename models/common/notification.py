def notification(kind, message, reload=False):
    """Return the action that shows ``message`` on the screen.

    :param kind: ``success``, ``info``, ``warning``, or ``danger``, which stays until it
        is closed
    :param reload: whether what is on the screen is read anew
    """
    soft_reload = {"type": "ir.actions.client", "tag": "soft_reload"}
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "message": message,
            "sticky": kind == "danger",
            "next": soft_reload if reload else None,
        },
    }
