"""Words with which a text can steer its reader, in Spanish and English.

All are written as they sound: lower case, without accents. Each is an alternative of
regular expressions, to be put together in :mod:`.reader_instructions`.
"""


def one_of(lines: str) -> str:
    """Return one group from alternatives that stand on ``lines``."""
    return "(?:" + "|".join(line.strip() for line in lines.strip().splitlines()) + ")"


SURELY_AI = one_of(
    r"""
    ia|ai|inteligencia artificial|artificial intelligence|claude|chat ?gpt|llms?
    (?:large )?language model|modelo de (?:lenguaje|ia)|modelo linguistico
    (?:asistente|assistant|agente|agent|bot|validador|validator|revisor|reviewer)%s
    (?:auditor|sistema|system)%s
    """.replace(
        "%s",
        r"(?: de validacion)? (?:de ia|ia|ai|automatico|automated|virtual|inteligente)",
    )
)
"""A machine that reads, and nothing else."""

AI = one_of(
    rf"""
    (?:la |el |al |un |una |the |an? |your )?{SURELY_AI}
    anthropic|openai|gemini|copilot|gpt(?:[- ]?\d\w*)?
    (?:el |al |un |the )?(?:modelo|model)
    (?:el |al |un |the |an |your )?(?:asistente|assistant)(?: contable)?
    (?:el |al |the )?(?:validador|revisor|auditor|validator|reviewer|bot|chatbot)
    (?:el |al |the )?(?:agente|agent|validation system|validation engine)
    (?:el |al |the )?(?:sistema|software|motor) de (?:validacion|revision|auditoria)
    """
)
"""A machine or a person that judges documents."""

THIS = one_of(
    r"""
    (?:est[ae]|la presente|el presente|la|el|this|the|dicha) (?:%s)
    """.replace(
        "%s",
        "factura|documento|dte|boleta|nota(?: de (?:credito|debito))?|guia|invoice"
        "|document|bill|comprobante|item|linea|line",
    )
)
"""The document that is being read."""

RULES = one_of(
    r"""
    instruc\w+|reglas?|indicaciones|directrices|politicas?|normas|criterios
    restricciones|prompts?|instructions?|rules?|guidelines?|directives?
    polic(?:y|ies)|constraints?|system message
    """
)

FINDINGS = one_of(
    r"""
    hallazgos?|errores|error(?:es)?|alertas?|advertencias?|observaciones?
    problemas?|inconsistencias?|irregularidades|anomalias?|defectos?|reparos?
    findings?|errors?|warnings?|issues?|problems?|alerts?|flags?|anomal(?:y|ies)
    """
)

EARLIER = one_of(
    r"""
    anteriores|previas?|precedentes|de arriba|del sistema|originales|iniciales
    que (?:te|le|se te|se le) (?:dieron|dio|han dado|indicaron)|recibidas|tuyas
    de (?:validacion|revision|auditoria|seguridad)
    """
)
"""Which rules, in Spanish: after the noun."""

EARLIER_ENGLISH = one_of(
    r"""
    previous|prior|above|earlier|preceding|system|original|initial|your|all|any
    safety|validation|other
    """
)
"""Which rules, in English: before the noun."""

DROP = one_of(
    r"""
    ignor(?:a|e|ar|en|ad|as|ando)|omit(?:e|a|ir|an)|olvid(?:a|e|ar|ate|ese)
    descart(?:a|e|ar)|desestim(?:a|e|ar)|desatiend[ae]|deja sin efecto
    haz caso omiso de|haga caso omiso (?:de|a)|salt(?:a|e|ar|ate|ese)
    pas(?:a|e) por alto|reemplaza|anula
    no (?:sigas|siga|apliques|aplique|consideres|considere|obedezcas|obedezca)
    no (?:tomes|tome) en cuenta|no (?:respetes|uses|use)
    ignore|disregard|forget|override|bypass|skip|do not follow|don'?t follow
    stop following|discard
    """
)
"""Not to obey or not to look."""

APPROVE = one_of(
    r"""
    aprueb(?:a|e|ela|elo|alo|ala|en|ese)|apruebes|aprobar(?:la|lo)?
    acept(?:a|e|alo|ala|elo|ela|ese)|valid(?:a|e|ala|alo|ela|elo|ese)
    autoric(?:e|ela|elo|ese)|autoriza(?:la|lo)?
    d(?:a|e|ar|ale|ele|ebes dar) por
    marc(?:a|ar|ala|alo)|marque(?:la|lo|se)?|trat(?:a|e|ala|ela)
    clasific(?:a|ar|ala|alo)|clasifique(?:la|lo)?
    califi(?:ca|car|cala|calo|que|quela|quelo)|consider(?:a|e|ar|ala|ela|ese)
    approve|accept|validate|authori[sz]e|clear|pass|mark|classify|treat|rate
    label|flag|consider
    """
)
"""To judge well of it, as an order."""

GOOD = (
    r"(?:(?:como|as|=)\s{1,3}|(?<=por ))(?:(?:un|una|a|an|la|el|the) )?"
    r"(?:factura |documento |document |invoice )?"
    r"(?:totalmente |completamente |fully |already |ya )?"
    + one_of(
        r"""
        valid[ao]?s?|correct[ao]?s?|aprobad[ao]s?|approved|aceptad[ao]|accepted
        lista? para enviar|ready to send|safe|segur[ao]|send|sin errores|buen[ao]
        error[- ]free|ok|clean|limpi[ao]|perfect[ao]?
        """
    )
    + r"\b"
)
"""As what it is to be judged."""

ANSWER = one_of(
    r"""
    respond(?:e|a|er|an)|contest(?:a|e|ar)|devuelv(?:e|a|an)|devolver
    retorn(?:a|e|ar)|emit(?:e|a|ir)|entreg(?:a|ue)|indi(?:ca|que)|escrib(?:e|a)
    di(?:ga)?|genera|genere|pon(?:ga)?|imprim(?:e|a)
    deb(?:e|es|era|eras) (?:responder|devolver|decir)
    resuelv(?:e|a)|concluy(?:e|a)|dictamin(?:e|a)|determin(?:e|a)
    respond|reply|answer|return|output|print|say|write|emit|produce|set|give|use
    """
)

VERDICT = one_of(
    r"""
    send|\"send\"|'send'|verdict|veredicto|dictamen
    enviar\b(?! (?:a|al|por|copia|en)\b)|aprobad[ao]|approved
    sin (?:hallazgos|errores|alertas|advertencias)|cero hallazgos
    no findings|without findings|zero findings|findings
    (?:que )?(?:todo|everything) (?:esta|is) (?:correcto|bien|ok|fine|correct)
    (?:que )?(?:todo|everything) (?:esta|is) (?:en orden|in order)
    (?:un |una )?(?:arreglo|array|lista) vaci[oa]|empty (?:list|array|findings)
    """
)

REPORT = one_of(
    r"""
    report\w*|inform\w*|marqu\w*|senal\w*|levant\w*|inclu\w*|gener\w*|emit\w*
    registr\w*|mencion\w*|muestr\w*|mostr\w*|detect\w*|agreg\w*|objet\w*
    flag|raise|mention|list|include|add|show
    """
)

EXAMINE = one_of(
    r"""
    revis\w+|valid\w+|analiz\w+|analis\w+|rechaz\w+|observ\w+
    review\w*|check\w*|validat\w+|reject\w*|flag\w*
    """
)

APPROVED = one_of(
    r"""
    aprob\w+|valid(?:a|ad\w|o)\b|acept\w+|approved|accepted|sent\b|consider\w+
    clasific\w+|marc\w+|enviad\w sin|verdict|send\b
    """
)

GREETING = one_of(
    r"""
    para|atencion|estimad[oa]|mensaje (?:para|a)|nota (?:para|a)|hola|oye|ojo
    aviso (?:para|a)|instruc\w+ (?:para|a)|dirigid[oa] a|note (?:to|for)
    message (?:to|for)|instructions? (?:to|for)|attention|dear|hey|hello|hi|to
    """
)
"""How one begins to speak to somebody."""
