from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools.i18n import format_list

from ...services.common.storable import storable_text

_ADDON = "account_ai"


class AccountAiDecidedFields(models.AbstractModel):
    """What the product computes or decides is entered by nobody.

    To the ORM, ``readonly`` only says how a field is drawn. In models that inherit from
    this one it holds for every way in: a field of this addon that is readonly, as
    computed and related ones are by default, is refused in ``create`` and ``write``,
    takes no default from the context or from what users keep in ``ir.default``, and is
    not copied. There is no list to keep: the definition of the field says it.

    The product writes such fields in private methods, under sudo.

    Models of Odoo that get fields of the addon inherit from it too. It stands first in
    their ``_inherit``: what a client sends is seen before Odoo's own overrides, which
    may go on under sudo.
    """

    _name = "account.ai.decided.fields"
    _description = "Fields That Nobody Enters"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base`: refuse what nobody enters."""
        self._check_decided_fields({name for vals in vals_list for name in vals})
        return super().create([self._storable(vals) for vals in vals_list])

    def write(self, vals):
        """Override of `base`: refuse what nobody enters."""
        self._check_decided_fields(vals)
        return super().write(self._storable(vals))

    @api.model
    def default_get(self, fields):
        """Override of `base`: what nobody enters has no default but its field's own.

        Under sudo too: the product's own records are made in the context of whoever
        asked for them.
        """
        decided = {name for name in fields if self._is_decided(name)}
        entered = [name for name in fields if name not in decided]
        defaults = super().default_get(entered)
        for name in decided:
            field = self._fields[name]
            if field.default:
                # In the form that the ORM gives defaults in.
                cached = field.convert_to_cache(field.default(self), self, False)
                defaults[name] = field.convert_to_write(cached, self)
        return defaults

    def copy_data(self, default=None):
        """Override of `base`: a copy has nothing that was decided about its source."""
        given = default or {}
        return [
            # None: the ORM has copied it already.
            vals and {**self._without_decided_fields(vals), **given}
            for vals in super().copy_data(default)
        ]

    # === BUSINESS METHODS === #

    @api.model
    def _is_decided(self, name: str) -> bool:
        """Return whether the field is the addon's own and nobody may enter it."""
        field = self._fields.get(name)
        # The first module is the one that adds the field; others only change it.
        return bool(field and field.readonly and field._modules[:1] == (_ADDON,))

    @api.model
    def _storable(self, vals: dict) -> dict:
        """Return ``vals`` with texts that PostgreSQL takes, in the addon's own models:
        a reason that somebody pasted with a NUL in it is no failure of the server."""
        if not self._name.startswith("account.ai."):
            return vals
        return {
            name: storable_text(value) if isinstance(value, str) else value
            for name, value in vals.items()
        }

    @api.model
    def _without_decided_fields(self, vals: dict) -> dict:
        """Return ``vals`` without the fields that nobody may enter."""
        return {
            name: value for name, value in vals.items() if not self._is_decided(name)
        }

    @api.model
    def _check_decided_fields(self, names):
        """Check that none of these fields is one that nobody enters.

        :param names: names of fields that somebody writes
        :raises AccessError: with the fields, for everybody but the product itself
        """
        if self.env.su:
            return
        decided = sorted(name for name in names if self._is_decided(name))
        if not decided:
            return
        labels = [
            f"{self._fields[name]._description_string(self.env)} ({name})"
            for name in decided
        ]
        raise AccessError(
            self.env._(
                "Account AI itself writes this on %(model)s, nobody can enter it: "
                "%(fields)s. Leave it out.",
                model=self.env["ir.model"]._get(self._name).name,
                fields=format_list(self.env, labels),
            )
        )
