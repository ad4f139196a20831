"""Finds text that talks to whoever validates the document, instead of describing it.

A model that believes such a text would send what nobody checked, so the search is
deterministic: no document can talk it out of its finding. It looks for the act, telling
the reader what to conclude, and not for single words: "aprobado por", "según
instrucciones de" and "ignorar" are everyday language of invoices.
"""

from __future__ import annotations

import re
import unicodedata

_AI = (
    r"(?:(?:la |una |the )?(?:ia|ai)|inteligencia artificial|artificial intelligence"
    r"|claude|anthropic|chat ?gpt|gpt(?:[- ]?\d\w*)?|openai|gemini|copilot|llms?"
    r"|(?:el |al |un |the )?(?:modelo|model)(?: de lenguaje| de ia| linguistico)?"
    r"|(?:large )?language model"
    r"|(?:el |al |un |the |an |your )?(?:asistente|assistant)(?: (?:de ia|virtual|ia|ai"
    r"|automatico|contable))?"
    r"|(?:el |al |the )?(?:validador|revisor|auditor|validator|reviewer|bot|chatbot"
    r"|agente|agent)(?: (?:de ia|ia|ai|automatico|automatic|automated|virtual"
    r"|inteligente))?"
    r"|(?:el |al |the )?(?:sistema|system|software|motor) (?:de (?:ia|validacion"
    r"|revision|auditoria)|automatico|automatizado|ai|validator)"
    r"|validation (?:system|engine|model)|(?:ai|automated) (?:system|review\w*))"
)
# Words that nobody uses of an invoice but for the machine that reads it.
_SURELY_AI = (
    r"(?:ia|ai|inteligencia artificial|artificial intelligence|claude|chat ?gpt|llms?"
    r"|(?:large )?language model|modelo de (?:lenguaje|ia)|modelo linguistico"
    r"|(?:asistente|assistant|agente|agent|bot|validador|validator|revisor|reviewer"
    r"|auditor|sistema|system)(?: de validacion)? (?:de ia|ia|ai|automatico|automated"
    r"|virtual|inteligente))"
)
_THIS = (
    r"(?:(?:est[ae]|la presente|el presente|la|el|this|the|dicha)"
    r" (?:factura|documento|dte|boleta|nota(?: de (?:credito|debito))?|guia|invoice"
    r"|document|bill|comprobante|item|linea|line))"
)
_RULES = (
    r"(?:instruc\w+|reglas?|indicaciones|directrices|politicas?|normas|criterios"
    r"|restricciones|prompts?|instructions?|rules?|guidelines?|directives?|polic(?:y|ies)"
    r"|constraints?|system message)"
)
_FINDINGS = (
    r"(?:hallazgos?|errores|error(?:es)?|alertas?|advertencias?|observaciones?|problemas?"
    r"|inconsistencias?|irregularidades|anomalias?|defectos?|reparos?|findings?|errors?"
    r"|warnings?|issues?|problems?|alerts?|flags?|anomal(?:y|ies)|codigos? sem_\w*)"
)
_EARLIER = (
    r"(?:anteriores|previas?|precedentes|de arriba|del sistema|originales|iniciales"
    r"|que (?:te|le|se te|se le) (?:dieron|dio|han dado|indicaron)|recibidas"
    r"|de validacion|de revision|de auditoria|de seguridad|tuyas)"
)
_EARLIER_ENGLISH = (
    r"(?:previous|prior|above|earlier|preceding|system|original|initial|your|all|any"
    r"|safety|validation|other)"
)
_DROP = (
    r"(?:ignor(?:a|e|ar|en|ad|as|ando)|omit(?:e|a|ir|an)|olvid(?:a|e|ar|ate|ese)"
    r"|descart(?:a|e|ar)|desestim(?:a|e|ar)|desatiend[ae]|haz caso omiso de"
    r"|haga caso omiso (?:de|a)|salt(?:a|e|ar|ate|ese)|pas(?:a|e) por alto"
    r"|no (?:sigas|siga|apliques|aplique|consideres|considere|tomes en cuenta"
    r"|tome en cuenta|obedezcas|obedezca|respetes|uses|use)"
    r"|deja sin efecto|reemplaza|anula"
    r"|ignore|disregard|forget|override|bypass|skip|do not follow|don'?t follow"
    r"|stop following|discard)"
)
_APPROVE = (
    r"(?:aprueb(?:a|e|ela|elo|alo|ala|en|ese|ame|eme)|apruebes|aprobar(?:la|lo)?"
    r"|acept(?:a|e|alo|ala|elo|ela|ese)|valid(?:a|e|ala|alo|ela|elo|ese)"
    r"|autoric(?:e|ela|elo|ese)|autoriza(?:la|lo)?"
    r"|d(?:a|e|ar|ale|ele|ar por|ebes dar) por (?:valid[ao]|buen[ao]|aprobad[ao]|correct[ao])"
    r"|marc(?:a|ar|ala|alo)|marque(?:la|lo|se)?|clasific(?:a|ar|ala|alo)|clasifique(?:la|lo)?"
    r"|califi(?:ca|car|cala|calo|que|quela|quelo)|consider(?:a|e|ar|ala|ela|ese)|trat(?:a|e|ala|ela)"
    r"|approve|accept|validate|authori[sz]e|clear|pass|mark|classify|treat|rate|label|flag"
    r"|consider)"
)
_GOOD = (
    r"(?:como|as|=)\s+(?:(?:un|una|a|an|la|el|the) )?(?:factura |documento |document |invoice )?"
    r"(?:totalmente |completamente |fully |already |ya )?"
    r"(?:valid[ao]?s?|correct[ao]?s?|aprobad[ao]s?|approved|aceptad[ao]|accepted"
    r"|lista? para enviar|ready to send|safe|segur[ao]|send|sin errores|error[- ]free|ok"
    r"|clean|limpi[ao]|perfect[ao]?)\b"
)
_ANSWER = (
    r"(?:respond(?:e|a|er|an)|contest(?:a|e|ar)|devuelv(?:e|a|an)|devolver|retorn(?:a|e|ar)"
    r"|emit(?:e|a|ir)|entreg(?:a|ue)|indi(?:ca|que)|escrib(?:e|a)|di(?:ga)?|genera|genere"
    r"|pon(?:ga)?|imprim(?:e|a)|deb(?:e|es|era|eras) (?:ser|responder|devolver|decir)"
    r"|respond|reply|answer|return|output|print|say|write|emit|produce|set|give|use"
    r"|must be|should be)"
)
_VERDICT = (
    r"(?:send|\"send\"|'send'|verdict|veredicto|dictamen|enviar\b(?! (?:a|al|por|copia|en)\b)"
    r"|aprobad[ao]|approved|sin (?:hallazgos|errores|alertas|advertencias)|no findings"
    r"|(?:que )?(?:todo|everything) (?:esta|is) (?:correcto|bien|en orden|ok|fine|correct)"
    r"|without findings|zero findings|cero hallazgos|(?:un )?(?:arreglo|array|lista) vaci[oa]"
    r"|empty (?:list|array|findings)|findings)"
)
_GAP = r"[^.;\n]{0,60}?"
_SHORT_GAP = r"[^.;\n]{0,25}?"

_STRONG = re.compile(
    "|".join(
        (
            # Machine language: the answer itself, or marks of a conversation.
            r"\b(?:verdict|veredicto|dictamen)\"?'?\s*(?:[=:]|es\b|is\b|sea\b|debe ser\b)"
            r"\s*[\"']?(?:send|enviar|aprobad\w|review|approved?|ok|valid\w?|favorable)",
            r"\b(?:verdict|veredicto|dictamen)\W{0,3}(?:send|enviar|aprobad\w|approved?)\b",
            r"\b(?:answer|respuesta|response) (?:\w+ )?(?:is|es|debe ser|should be|must be)"
            rf" \W?{_VERDICT}\b",
            r"\n\s*(?:assistant|asistente|human)\s*:|<!--",
            r"\bfindings?[\"']?\s*[=:]\s*(?:\[\s*\]|none|null|0|ningun\w)",
            r"\bhallazgos[\"']?\s*[=:]\s*(?:\[\s*\]|ningun\w|0|none)",
            r"[{,]\s*[\"'](?:verdict|findings|conf|role|sev)[\"']\s*:",
            r"<\s*/?\s*(?:facts|system|assistant|user|human|instructions?|prompt|tool\w*"
            r"|admin|instruccion(?:es)?|sistema|datos)\b[^>]{0,40}>",
            r"\[/?\s*(?:inst|system|assistant|sys)\s*\]|<\|[a-z_]+\|>|<<sys>>",
            r"(?:^|\n)\s*#*\s*(?:system|assistant|human|asistente)\s*(?:prompt|message"
            r"|override|note)?\s*:\s*\S[^\n]*\b(?:approve|send|ignore|valid|answer|respond"
            r"|aprueb|ignor|respond|envia|document|invoice|factura|user)",
            r"\b(?:system|developer|hidden) (?:prompt|override|message)\b",
            r"\bprompt (?:del|de) sistema\b|\bprompt injection\b|\bjailbreak\w*",
            r"\b(?:modo|mode) (?:desarrollador|administrador|dios|depuracion|debug)\b"
            rf"{_GAP}\b(?:activ|envia|send|aprueb|sin|ignor)",
            r"\b(?:developer|debug|admin|god|maintenance) mode\b"
            rf"{_GAP}\b(?:enabled|activated|on\b|approve|skip|ignore|send|no\b)",
            r"\bsem_[a-z]+_[a-z_]+",
            # Telling the reader to forget its rules.
            rf"\b{_DROP} {_SHORT_GAP}\b{_RULES} {_SHORT_GAP}\b{_EARLIER}",
            rf"\b{_DROP} {_SHORT_GAP}\b(?:tus|sus|todas (?:las|tus|sus)|cualquier) {_RULES}",
            rf"\b{_DROP} {_SHORT_GAP}\b{_EARLIER_ENGLISH} (?:\w+ )?{_RULES}",
            rf"\b{_DROP} (?:todo )?lo (?:anterior|que (?:te|le) (?:dijeron|indicaron))",
            r"\b(?:ignore|disregard|forget|override) (?:everything|anything|all) "
            r"(?:above|before|prior|previous|you)",
            rf"\b(?:las|tus) {_RULES} (?:\w+ )?(?:ya )?no (?:aplican|rigen|valen|se aplican)",
            rf"\b(?:no|none of the|the) {_RULES} (?:\w+ )?(?:do not|don'?t|no longer) apply",
            rf"\b{_DROP} {_SHORT_GAP}\b(?:validaci[o]n(?:es)?|control(?:es)?|chequeos"
            rf"|revision(?:es)?|checks?|validations?|{_FINDINGS})\b{_SHORT_GAP}"
            rf"\b(?:de |para |en |for |of |in |on )?{_THIS}",
            # Telling it what to conclude.
            rf"\b{_APPROVE} (?:automaticamente |siempre |directamente |immediately "
            rf"|automatically |always )?(?:(?:a|de) )?{_THIS}\b(?! (?:en|via|a traves))",
            rf"\b{_APPROVE} {_SHORT_GAP}{_GOOD}",
            rf"\b{_APPROVE} {_SHORT_GAP}\b(?:sin|without) (?:mas |any |further )*(?:revis\w+"
            r"|valid\w+|observ\w+|review\w*|check\w*|questions?|preguntas?|hallazgos)",
            r"\b(?:approve me|apruebame|apruebeme|sudo (?:aprob|approve|send)\w*)\b",
            rf"\b{_DROP} {_GAP}\b(?:and|y|e|then|luego) (?:approve|aprove|aprueb[ae]|acept[ae]"
            r"|accept|validate|valida|valide|responde|send|envia)\b",
            rf"\b{_THIS} {_GAP}\bexent[ao] de (?:toda )?(?:revision|validacion|control)",
            r"\bno (?:la|lo|me|las|los) (?:marques?|reportes?|senales?|observes?|rechac?es?"
            r"|objetes?|cuestiones?)\b",
            rf"\b{_ANSWER} (?:siempre |solo |solamente |unicamente |always |only |just "
            rf"|que |con |with |el |un |the |a |an |:)*{_VERDICT}",
            rf"\b(?:no|nunca|never|do not|don'?t|must not|jamas) (?:report\w*|inform\w*|marqu\w*"
            rf"|senal\w*|levant\w*|inclu\w*|gener\w*|emit\w*|registr\w*|mencion\w*|muestr\w*"
            rf"|mostr\w*|detect\w*|flag|raise|mention|list|include|add|show|agreg\w*|objet\w*)"
            rf"{_SHORT_GAP}\b(?:{_FINDINGS}|nada|ningun\w*|anything|any|{_THIS})\b",
            r"\b(?:sin|without) (?:generar|reportar|levantar|emitir|informar|marcar|raising"
            rf"|reporting|flagging) {_SHORT_GAP}\b{_FINDINGS}",
            rf"\b{_THIS} (?:ya )?(?:no (?:requiere|necesita|debe|puede)|has no need|needs no"
            r"|does not (?:need|require)|must not|requires no)"
            rf" {_SHORT_GAP}\b(?:revis\w+|valid\w+|analiz\w+|analis\w+|rechaz\w+|observ\w+|"
            r"review\w*|check\w*|validat\w+|reject\w*|flag\w*)",
            rf"\b(?:no|do not|don'?t) (?:revis(?:es|e|ar)|valid(?:es|ar)|analic?(?:es|e|zar)"
            rf"|rechac?(?:es|e|zar)|review|reject|check|analy[sz]e) {_THIS}\b",
            rf"\b{_THIS} (?:debe|deberia|must|should|has to|shall|tiene que) (?:ser |be "
            r"|siempre |always |quedar )?(?:automaticamente |automatically )?"
            r"(?:aprob\w+|valid(?:a|ad\w|o)\b|acept\w+|approved|accepted|sent\b"
            r"|considered|consider\w+|clasific\w+|marc\w+|enviad\w sin|verdict|send\b)",
            # Speaking to the machine.
            rf"\b(?:para|atencion|estimad[oa]|mensaje (?:para|a)|nota (?:para|a)|hola|oye|ojo"
            rf"|aviso (?:para|a)|instruc\w+ (?:para|a)|dirigid[oa] a|note (?:to|for)|message"
            rf" (?:to|for)|instructions? (?:to|for)|attention|dear|hey|hello|hi|to)"
            rf"[ :,]+(?:la |el |al |the |any |all |cualquier |todo |los |las |my )?{_SURELY_AI}\b"
            r"(?![-\w ]{0,25}\b(?:licen|suscrip|plan\b|subscr|curso|taller|capacit|team|pro\b|api\b))",
            r"\b(?:valid|aprob|revis|verific|approv|check|audit)(?:ad[oa]|ed|ied) (?:previamente"
            rf" |already |ya |y aprobad[oa] )?(?:por|by) {_SURELY_AI}\b",
            rf"\b(?:eres|you are|you'?re|sos|usted es) (?:ahora |now )?(?:un |una |a |an |the )?"
            rf"(?:{_AI}|helpful|experto|expert|obedien\w+)",
            r"\b(?:actua|actue|comportate|act|behave|pretend|finge|simula que eres) (?:como|as"
            rf"|to be|ser|si fueras)?\s*(?:un |una |a |an |if )*{_AI}",
            rf"\bif you are (?:an? |the )?{_AI}|\bsi (?:eres|usted es) (?:un |una )?{_AI}",
            r"\b(?:your|tu) (?:new |nuevas? |real |verdadera |only |unica )+(?:task|tarea"
            r"|instruc\w+|objetivo|mision|goal|role|rol|job|funcion)\b",
            r"\b(?:nuevas?|new) (?:instruc\w+|tareas?|task|reglas?|rules?)\s*:"
            rf"{_GAP}\b(?:{_APPROVE}|{_ANSWER}|{_VERDICT}|{_DROP})\b",
            r"\b(?:muestr\w+|revel\w+|repit\w+|reveal|repeat|print|show|leak|imprim\w+|copi[ae])"
            rf" {_SHORT_GAP}\b(?:tus?|your|the system|del sistema) {_SHORT_GAP}{_RULES}",
        )
    )
)
_SPOKEN_TO = re.compile(
    rf"\b{_SURELY_AI}\b|\b(?:tu (?:respuesta|salida|analisis|veredicto|tarea)"
    r"|your (?:answer|output|response|task|verdict|analysis))\b"
)
_ORDERED = re.compile(
    rf"\b(?:{_DROP}|no (?:reportes|marques|senales|alertes|menciones|incluyas)|do not|don'?t|must|debes?"
    rf"|aprueb[ae]\w*|aprobar\w*|approve|(?<!que )respond[ea]|respond|reply|output|devuelve|return"
    rf"|verdict|veredicto|findings|hallazgos)\b"
)
_MIXED_WORD = re.compile(r"(?=\w*[a-z@$])(?=\w*[\d@$])[\w@$]{3,}")
_LEET = str.maketrans("013457@$", "oieastas")
_SPACED_WORD = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_MIXED_OR_SPACED = re.compile(r"[a-z][\d@$]|[\d@$][a-z]|\b\w[ .\-_*]\w\b")
# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKE = str.maketrans(
    "авекмнорстухіјѕԁɡαβεικνορτυχⅼ", "abekmhopctyxijsdgabeikvoptuxl"
)
# Plain search of stems is many times faster than the patterns: most texts end here.
_STEMS = (
    *(
        "send verdict veredicto dictamen finding hallazgo facts system sistema "
        "assist asist inst prompt sem_ jailb modo mode ignor omit olvid descart "
        "desestim desat omiso salt alto n't efecto reemplaz anul disreg forget "
        "overrid bypass skip discard apru apro acept valid autor bueno buena "
        "marc marq clasif calif consid trat approv accept author mark treat "
        "label claude gpt llm modelo model eres you actu pretend finge tarea "
        "task regla rule revel reveal repit repeat muestr human report answer "
        "enviar sudo respon devuel return output revis review <| <! without "
        "nunca never debe artificial bot "
    ).split(),
    *(" no ", " not ", "sin ", "act ", " ia", " ai"),
)
_NEAR = 120


def find_reader_instruction(text: str) -> str:
    """Return the part of ``text`` that instructs its reader, empty when none does.

    What is returned is in the plain form that was searched: lower case, no accents.
    """
    plain = _plain(text)
    for form in dict.fromkeys((plain, _deobfuscated(plain))):
        if _has_stem(form):
            found = _instruction_in(form)
            if found:
                return found
    return ""


def may_instruct_reader(text: str) -> bool:
    """Return whether ``text`` has any word that an instruction needs; quick."""
    plain = _plain(text)
    return _has_stem(plain) or _has_stem(_deobfuscated(plain))


def _has_stem(plain: str) -> bool:
    # A word may begin the text: stems that begin with a space count there too.
    padded = f" {plain}"
    return any(stem in padded for stem in _STEMS)


def _instruction_in(plain: str) -> str:
    match = _STRONG.search(plain)
    if match:
        return match[0].strip()
    spoken_to = _SPOKEN_TO.search(plain)
    ordered = spoken_to and _ORDERED.search(plain)
    if spoken_to and ordered and abs(spoken_to.start() - ordered.start()) < _NEAR:
        start = min(spoken_to.start(), ordered.start())
        return plain[start : max(spoken_to.end(), ordered.end())].strip()
    return ""


def _plain(text: str) -> str:
    """Return ``text`` as it sounds: lower case Latin letters without accents."""
    if text.isascii():
        folded = text.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", text).casefold()
        folded = "".join(each for each in decomposed if not unicodedata.combining(each))
        folded = folded.translate(_LOOKALIKE)
    return re.sub(r"[ \t\r\f\v]+", " ", folded)


def _deobfuscated(plain: str) -> str:
    """Return ``plain`` with spaced words closed and digits for letters put back."""
    if _MIXED_OR_SPACED.search(plain) is None:
        return plain
    closed = _SPACED_WORD.sub(lambda match: re.sub(r"[ .\-_*]", "", match[0]), plain)
    return _MIXED_WORD.sub(lambda match: match[0].translate(_LEET), closed)
