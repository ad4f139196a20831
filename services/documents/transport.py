"""How goods travel: the block Transporte of guides, invoices and exports."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .fields import sii


@dataclass(frozen=True)
class Customs:
    """Aduana: what customs want to know of an export."""

    sale_mode: str = sii("", "CodModVenta")
    sale_clause: str = sii("", "CodClauVenta")  # Incoterm as customs code it
    clause_total: Decimal | None = sii(None, "TotClauVenta")
    transport_mode: str = sii("", "CodViaTransp")
    port_of_loading: str = sii("", "CodPtoEmbarque")
    port_of_unloading: str = sii("", "CodPtoDesemb")
    packages: Decimal | None = sii(None, "TotBultos")
    package_types: int = 0  # Number of TipoBultos
    freight: Decimal | None = sii(None, "MntFlete")
    insurance: Decimal | None = sii(None, "MntSeguro")
    receiver_country: str = sii("", "CodPaisRecep")  # a code of customs
    destination_country: str = sii("", "CodPaisDestin")  # a code of customs


@dataclass(frozen=True)
class Transport:
    """Transporte."""

    plate: str = sii("", "Patente")
    trailer_plate: str = sii("", "PatenteCarro")  # Res. Ex. 154 of 2025
    carrier_rut: str = ""  # RUTTrans
    driver_rut: str = ""  # Chofer/RUTChofer
    driver_name: str = ""  # Chofer/NombreChofer
    address: str = sii("", "DirDest")
    comuna: str = sii("", "CmnaDest")
    city: str = sii("", "CiudadDest")
    departure_date: date | None = sii(None, "FchSalida")  # Res. Ex. 154 of 2025
    departure_time: str = sii("", "HraSalida")  # ``HH:MM:SS``
    arrival_date: date | None = sii(None, "FchLlegada")
    # Aduana; ``None`` when the document has no such block.
    customs: Customs | None = None
