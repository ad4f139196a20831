"""How goods travel: the block Transporte of guides, invoices and exports."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Customs:
    """Aduana: what customs want to know of an export."""

    sale_mode: str = ""  # CodModVenta
    sale_clause: str = ""  # CodClauVenta: Incoterm as customs code it
    clause_total: Decimal | None = None  # TotClauVenta
    transport_mode: str = ""  # CodViaTransp
    port_of_loading: str = ""  # CodPtoEmbarque
    port_of_unloading: str = ""  # CodPtoDesemb
    packages: Decimal | None = None  # TotBultos
    package_types: int = 0  # Number of TipoBultos
    freight: Decimal | None = None  # MntFlete
    insurance: Decimal | None = None  # MntSeguro
    receiver_country: str = ""  # CodPaisRecep, a code of customs
    destination_country: str = ""  # CodPaisDestin, a code of customs


@dataclass(frozen=True)
class Transport:
    """Transporte."""

    plate: str = ""  # Patente
    trailer_plate: str = ""  # PatenteCarro (Res. Ex. 154 of 2025).
    carrier_rut: str = ""  # RUTTrans
    driver_rut: str = ""  # Chofer/RUTChofer
    driver_name: str = ""  # Chofer/NombreChofer
    address: str = ""  # DirDest
    comuna: str = ""  # CmnaDest
    city: str = ""  # CiudadDest
    departure_date: date | None = None  # FchSalida (Res. Ex. 154 of 2025).
    departure_time: str = ""  # HraSalida, ``HH:MM:SS``
    arrival_date: date | None = None  # FchLlegada
    # Aduana; ``None`` when the document has no such block.
    customs: Customs | None = None
