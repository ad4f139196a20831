"""Finds text that talks to whoever validates the document, instead of describing it.

A model that believes such a text would send what nobody checked, so the search is
deterministic: no document can talk it out of its finding. It looks for the act, telling
the reader what to conclude, and not for single words: "aprobado por", "según
instrucciones de" and "ignorar" are everyday language of invoices.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from . import instruction_words as words

# How far apart the parts of one order may stand, within a sentence.
_FAR = r"[^.;\n]{0,60}?"
_NEAR = r"[^.;\n]{0,25}?"

_IMITATES = (
    # The answer itself.
    r"\b(?:verdict|veredicto|dictamen)\"?'?\s*(?:[=:]|es\b|is\b|sea\b|debe ser\b)\s*"
    r"[\"']?(?:send|enviar|aprobad\w|review|approved?|ok|valid\w?|favorable)",
    r"\b(?:verdict|veredicto|dictamen)\W{0,3}(?:send|enviar|aprobad\w|approved?)\b",
    r"\b(?:answer|respuesta|response) (?:\w+ )?(?:is|es|debe ser|should be|must be)"
    rf" \W?{words.VERDICT}\b",
    r"\b(?:findings?|hallazgos)[\"']?\s*[=:]\s*(?:\[\s*\]|none|null|0|ningun\w)",
    r"[{,]\s*[\"'](?:verdict|findings|conf|role|sev)[\"']\s*:",
    r"\bsem_[a-z]+_[a-z_]+",
    # The marks of a conversation.
    r"<\s*/?\s*(?:facts|system|assistant|user|human|instructions?|prompt|tool\w*"
    r"|admin|instruccion(?:es)?|sistema|datos)\b[^>]{0,40}>|<!--",
    r"\[/?\s*(?:inst|system|assistant|sys)\s*\]|<\|[a-z_]+\|>|<<sys>>",
    r"\n\s*(?:assistant|asistente|human)\s*:",
    r"(?:^|\n)\s*#*\s*(?:system|assistant|human|asistente)\s*"
    r"(?:prompt|message|override|note)?\s*:\s*\S[^\n]*\b(?:approve|send|ignore|valid"
    r"|answer|respond|aprueb|ignor|envia|document|invoice|factura|user)",
    r"\b(?:system|developer|hidden) (?:prompt|override|message)\b",
    r"\bprompt (?:del|de) sistema\b|\bprompt injection\b|\bjailbreak\w*",
    r"\bmodo (?:desarrollador|administrador|dios|depuracion|debug)\b"
    rf"{_FAR}\b(?:activ|envia|aprueb|sin|ignor)",
    r"\b(?:developer|debug|admin|god|maintenance) mode\b"
    rf"{_FAR}\b(?:enabled|activated|on\b|approve|skip|ignore|send|no\b)",
)
"""Imitates an answer or the machinery around a model."""

_FORGET = (
    rf"\b{words.DROP} {_NEAR}\b{words.RULES} {_NEAR}\b{words.EARLIER}",
    rf"\b{words.DROP} {_NEAR}\b(?:tus|sus|todas (?:las|tus|sus)|cualquier)"
    rf" {words.RULES}",
    rf"\b{words.DROP} {_NEAR}\b{words.EARLIER_ENGLISH} (?:\w+ )?{words.RULES}",
    rf"\b{words.DROP} (?:todo )?lo (?:anterior|que (?:te|le) (?:dijeron|indicaron))",
    rf"\b{words.DROP} (?:everything|anything|all) (?:above|before|prior|previous|you)",
    rf"\b(?:las|tus) {words.RULES} (?:\w+ )?(?:ya )?no (?:se )?(?:aplican|rigen|valen)",
    rf"\b(?:none of )?the {words.RULES} (?:\w+ )?(?:do not|don'?t|no longer) apply",
    rf"\b{words.DROP} {_NEAR}\b(?:validacion(?:es)?|control(?:es)?|chequeos"
    rf"|revision(?:es)?|checks?|validations?|{words.FINDINGS})\b{_NEAR}"
    rf"\b{words.THIS}",
    rf"\b{words.DROP} (?:cualquier|any|all|every|todos los|todas las)"
    rf" {words.FINDINGS}",
    rf"\b{words.DROP} {_FAR}\b(?:and|y|e|then|luego) (?:approve|aprove|aprueb[ae]"
    r"|acept[ae]|accept|validate|valida|valide|responde|send|envia)\b",
)
"""Tells the reader not to look or not to obey."""

_CONCLUDE = (
    rf"\b{words.APPROVE} (?:automaticamente |siempre |directamente |immediately "
    rf"|automatically |always )?(?:(?:a|de) )?{words.THIS}\b"
    r"(?! (?:en|via|a traves))",
    rf"\b{words.APPROVE} {_NEAR}{words.GOOD}",
    rf"\b{words.APPROVE} {_NEAR}\b(?:sin|without) (?:mas |any |further )*(?:revis\w+"
    r"|valid\w+|observ\w+|review\w*|check\w*|questions?|preguntas?|hallazgos)",
    r"\b(?:(?:aprobar|aprueb[ae]\w*|approve) automatic\w+|auto[- ]?(?:approve|aprobar)"
    r"|(?:skip|bypass|omit(?:ir|a|e)|salt(?:ar|a|e)) (?:the |this |la |esta )?(?:review"
    r"|validation|revision|validacion))\s*(?:$|[.;,!\n])",
    r"\b(?:findings|hallazgos) (?:deben? ser|must be|should be)\b",
    r"\b(?:approve me|aprueb[ae]me|sudo (?:aprob|approve|send)\w*)\b",
    rf"\b{words.ANSWER}[: ]+(?:(?:siempre|solo|solamente|unicamente|always|only|just"
    rf"|que|con|with|el|un|the|an?)[: ]+)*{words.VERDICT}",
    r"\b(?:no|nunca|never|do not|don'?t|must not|jamas) "
    rf"(?:{words.REPORT}{_NEAR}\b(?:{words.FINDINGS}|nada|ningun\w*|anything|any)"
    rf"|(?:report\w*|marqu\w*|objet\w*|flag) {words.THIS})\b",
    r"\b(?:sin|without) (?:generar|reportar|levantar|emitir|informar|marcar|raising"
    rf"|reporting|flagging) {_NEAR}\b{words.FINDINGS}",
    rf"\b{words.THIS} (?:ya )?(?:no (?:requiere|necesita|debe|puede)|has no need"
    r"|needs no|does not (?:need|require)|must not|requires no)"
    rf" {_NEAR}\b{words.EXAMINE}",
    r"\b(?:no|do not|don'?t) (?:revis(?:es|e|ar)|valid(?:es|ar)|analic?(?:es|e|zar)"
    rf"|rechac?(?:es|e|zar)|review|reject|check|analy[sz]e) {words.THIS}\b",
    rf"\b{words.THIS} (?:debe|deberia|must|should|has to|shall|tiene que) "
    r"(?:ser |be |siempre |always |quedar )?(?:automaticamente |automatically )?"
    rf"{words.APPROVED}",
    rf"\b{words.THIS} {_FAR}\bexent[ao] de (?:toda )?(?:revision|validacion|control)",
    r"\bno (?:la|lo|me|las|los) (?:marques?|reportes?|senales?|observes?|rechac?es?"
    r"|objetes?|cuestiones?|revises?)\b",
)
"""Tells the reader what to conclude."""

_ADDRESSES = (
    rf"\b{words.GREETING}[ :,]+(?:la |el |al |the |any |all |cualquier |todo |los "
    rf"|las |my )?{words.SURELY_AI}\b"
    # ... but one may be sold.
    r"(?![-\w ]{0,25}\b(?:licen|suscrip|plan\b|subscr|curso|taller|capacit|team"
    r"|pro\b|api\b))",
    r"\b(?:valid|aprob|revis|verific|approv|check|audit)(?:ad[oa]|ed|ied) "
    rf"(?:previamente |already |ya |y aprobad[oa] )?(?:por|by) {words.SURELY_AI}\b",
    r"\b(?:eres|you are|you'?re|sos|usted es) (?:ahora |now )?(?:un |una |a |an "
    rf"|the )?(?:{words.AI}|helpful|experto|expert|obedien\w+)",
    r"\b(?:actua|actue|comportate|act|behave|pretend|finge|simula que eres) "
    rf"(?:como|as|to be|ser|si fueras)?\s*(?:un |una |a |an |if )*{words.AI}",
    rf"\b(?:if you are|si (?:eres|usted es)) (?:an? |the |un |una )?{words.AI}",
    r"\b(?:your|tu) (?:new |nuevas? |real |verdadera |only |unica )*"
    r"(?:task|tarea|mision|role|rol) (?:is|es|now|ahora)\b",
    r"\b(?:your|tu) (?:new |nuevas? |real |verdadera |only |unica )+"
    r"(?:task|tarea|instruc\w+|objetivo|mision|goal|role|rol|job|funcion)\b",
    r"\b(?:nuevas?|new) (?:instruc\w+|tareas?|task|reglas?|rules?)\s*:"
    rf"{_FAR}\b(?:{words.APPROVE}|{words.ANSWER}|{words.VERDICT}|{words.DROP})\b",
    r"\b(?:muestr\w+|revel\w+|repit\w+|reveal|repeat|print|show|leak|imprim\w+"
    rf"|copi[ae]) {_NEAR}\b(?:tus?|your|the system|del sistema) "
    rf"{_NEAR}{words.RULES}",
)
"""Speaks to a machine."""

_STRONG = re.compile("|".join(_IMITATES + _FORGET + _CONCLUDE + _ADDRESSES))
# Each of these is ordinary; both together, close to each other, are not.
_SPOKEN_TO = re.compile(
    rf"\b{words.SURELY_AI}\b|\b(?:tu (?:respuesta|salida|analisis|veredicto|tarea)"
    r"|your (?:answer|output|response|task|verdict|analysis))\b"
)
_ORDERED = re.compile(
    rf"\b(?:{words.DROP}|no (?:reportes|marques|senales|alertes|menciones|incluyas)"
    r"|do not|don'?t|must|debes?|aprueb[ae]\w*|aprobar\w*|approve|(?<!que )respond[ea]"
    r"|respond|reply|output|devuelve|return|verdict|veredicto|findings|hallazgos)\b"
)
_TOGETHER = 120

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
        "enviar sudo auto resuelv concluy determin respon devuel return output "
        "revis review <| <! without nunca never debe artificial bot "
    ).split(),
    *(" no ", " not ", "sin ", "act ", " ia", " ai"),
)


# The texts of a partner's earlier documents are looked through again with each new one,
# and again with its answer.
@lru_cache(maxsize=2048)
def find_reader_instruction(text: str, *, only_orders: bool = False) -> str:
    """Return the part of ``text`` that instructs its reader, empty when none does.

    What is returned is in the plain form that was searched: lower case, no accents.

    :param only_orders: leave out what is suspicious only because words that speak to a
        machine and words that order something stand together
    """
    for form in _speaking_forms(text):
        found = _instruction_in(form, only_orders)
        if found:
            return found
    return ""


def may_instruct_reader(text: str) -> bool:
    """Return whether ``text`` has any word that an instruction needs; quick."""
    return bool(_speaking_forms(text))


# Names, giros and addresses are the same in most documents of a company.
@lru_cache(maxsize=1024)
def _speaking_forms(text: str) -> tuple[str, ...]:
    """Return the plain forms of ``text`` with a word that an instruction needs."""
    plain = _plain(text)
    forms = dict.fromkeys((plain, _deobfuscated(plain)))
    return tuple(form for form in forms if _has_stem(form))


def _has_stem(plain: str) -> bool:
    # A word may begin the text: stems that begin with a space count there too.
    padded = f" {plain}"
    for stem in _STEMS:  # noqa: SIM110 - half the time of any()
        if stem in padded:
            return True
    return False


def _instruction_in(plain: str, only_orders: bool) -> str:
    match = _STRONG.search(plain)
    if match:
        return match[0].strip()
    if only_orders:
        return ""
    spoken_to = _SPOKEN_TO.search(plain)
    ordered = spoken_to and _ORDERED.search(plain)
    if spoken_to and ordered and abs(spoken_to.start() - ordered.start()) < _TOGETHER:
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
