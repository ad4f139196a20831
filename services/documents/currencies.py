"""Currencies as the SII names them, and their ISO codes."""

PESO = "CLP"

ISO_CODES = {
    "BOLIVAR": "VES",
    "BOLIVIANO": "BOB",
    "CORONA DIN": "DKK",
    "CORONA NOR": "NOK",
    "CORONA SC": "SEK",
    "DIRHAM": "AED",
    "DOLAR AUST": "AUD",
    "DOLAR CAN": "CAD",
    "DOLAR HK": "HKD",
    "DOLAR NZ": "NZD",
    "DOLAR SIN": "SGD",
    "DOLAR TAI": "TWD",
    "DOLAR USA": "USD",
    "EURO": "EUR",
    "FRANCO SZ": "CHF",
    "GUARANI": "PYG",
    "LIBRA EST": "GBP",
    "NUEVO SOL": "PEN",
    "PESO": "ARS",
    "PESO CL": PESO,
    "PESO COL": "COP",
    "PESO MEX": "MXN",
    "PESO URUG": "UYU",
    "RAND": "ZAR",
    "RENMINBI": "CNY",
    "RUPIA": "INR",
    "YEN": "JPY",
}
"""TipMonType of SiiTypes_v10.xsd, without currencies that are no longer used."""


def iso_code(name: str) -> str:
    """Return the ISO code of ``name``; the name itself when it has none.

    Only pesos are rounded to whole ones, so an unknown name is never taken for pesos.
    """
    return ISO_CODES.get(name.strip().upper(), name)
