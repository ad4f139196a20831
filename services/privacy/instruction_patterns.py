"""The sentences that instruct a reader, each with the kinds of words that it needs.

To search for a sentence costs much more than to look at the words of a text, and the
texts of most invoices do not have the words that any of them needs. That a sentence
cannot do without them follows from its pattern; the tests derive it, path by path.
"""

import re
from typing import NamedTuple

from . import instruction_words as words

# A gap is one character by then: "\s{0,3}" takes all of it, and an endless "\s*" would
# be tried again from each place of a long one.

# How far apart the parts of one order may stand, within a sentence.
_FAR = r"[^.;\n]{0,60}?"
_NEAR = r"[^.;\n]{0,25}?"


class Sentence(NamedTuple):
    """A sentence and what it needs."""

    needs: str  # Kinds of words, with commas between; of ``a | b`` it needs one
    pattern: re.Pattern[str]


def _sentence(needs: str, pattern: str) -> Sentence:
    return Sentence(needs, re.compile(pattern))


IMITATES = (
    # The answer itself.
    _sentence(
        "verdict's name",
        r"\b(?:verdict|veredicto|dictamen)\"?'?\s{0,3}"
        r"(?:[=:]|es\b|is\b|sea\b|debe ser\b)\s{0,3}[\"']?"
        r"(?:send|enviar|aprobad\w|review|approved?|ok|valid\w?|favorable)",
    ),
    _sentence(
        "verdict's name",
        r"\b(?:verdict|veredicto|dictamen)\W{0,3}(?:send|enviar|aprobad\w|approved?)\b",
    ),
    _sentence(
        "the answer, is, verdict",
        r"\b(?:answer|respuesta|response) (?:\w+ )?"
        rf"(?:is|es|debe ser|should be|must be) \W?{words.VERDICT}\b",
    ),
    _sentence(
        "listed",
        r"\b(?:findings?|hallazgos)[\"']?\s{0,3}[=:]\s{0,3}"
        r"(?:\[\s{0,3}\]|none|null|0|ningun\w)",
    ),
    _sentence(
        "key", r"[{,]\s{0,3}[\"'](?:verdict|findings|conf|role|sev)[\"']\s{0,3}:"
    ),
    _sentence("code", r"\bsem_[a-z]+_[a-z_]+"),
    # The marks of a conversation.
    _sentence(
        "tag",
        r"<\s{0,3}/?\s{0,3}(?:facts|system|assistant|user|human|instructions?|prompt|tool\w*"
        r"|admin|instruccion(?:es)?|sistema|datos)\b[^>]{0,40}>|<!--",
    ),
    _sentence(
        "bracketed | tag",
        r"\[/?\s{0,3}(?:inst|system|assistant|sys)\s{0,3}\]|<\|[a-z_]+\|>|<<sys>>",
    ),
    _sentence("speaker", r"\n\s{0,3}(?:assistant|asistente|human)\s{0,3}:"),
    _sentence(
        "speaker, said",
        r"(?:^|\n)\s{0,3}#{0,6}\s{0,3}(?:system|assistant|human|asistente)\s{0,3}"
        r"(?:prompt|message|override|note)?\s{0,3}:\s{0,3}\S[^\n]*\b(?:approve|send|ignore"
        r"|valid|answer|respond|aprueb|ignor|envia|document|invoice|factura|user)",
    ),
    _sentence(
        "hidden, message",
        r"\b(?:system|developer|hidden) (?:prompt|override|message)\b",
    ),
    _sentence(
        "injection",
        r"\bprompt (?:del|de) sistema\b|\bprompt injection\b|\bjailbreak\w*",
    ),
    _sentence(
        "mode, kind of mode",
        r"\bmodo (?:desarrollador|administrador|dios|depuracion|debug)\b"
        rf"{_FAR}\b(?:activ|envia|aprueb|sin|ignor)",
    ),
    _sentence(
        "mode, kind of mode",
        r"\b(?:developer|debug|admin|god|maintenance) mode\b"
        rf"{_FAR}\b(?:enabled|activated|on\b|approve|skip|ignore|send|no\b)",
    ),
)
"""Imitates an answer or the machinery around a model."""

FORGET = (
    _sentence(
        "drop, rules",
        rf"\b{words.DROP} {_NEAR}\b{words.RULES} {_NEAR}\b{words.EARLIER}",
    ),
    _sentence(
        "drop, rules",
        rf"\b{words.DROP} {_NEAR}\b(?:tus|sus|todas (?:las|tus|sus)|cualquier)"
        rf" {words.RULES}",
    ),
    _sentence(
        "drop, rules",
        rf"\b{words.DROP} {_NEAR}\b{words.EARLIER_ENGLISH} (?:\w+ )?{words.RULES}",
    ),
    _sentence(
        "drop, before",
        rf"\b{words.DROP} (?:todo )?lo"
        r" (?:anterior|que (?:te|le) (?:dijeron|indicaron))",
    ),
    _sentence(
        "drop, everything",
        rf"\b{words.DROP} (?:everything|anything|all)"
        r" (?:above|before|prior|previous|you)",
    ),
    _sentence(
        "rules, apply",
        rf"\b(?:las|tus) {words.RULES} (?:\w+ )?(?:ya )?no (?:se )?"
        r"(?:aplican|rigen|valen)",
    ),
    _sentence(
        "rules, apply",
        rf"\b(?:none of )?the {words.RULES} (?:\w+ )?(?:do not|don'?t|no longer)"
        r" apply",
    ),
    _sentence(
        "drop, checks | findings, this",
        rf"\b{words.DROP} {_NEAR}\b(?:validacion(?:es)?|control(?:es)?|chequeos"
        rf"|revision(?:es)?|checks?|validations?|{words.FINDINGS})\b{_NEAR}"
        rf"\b{words.THIS}",
    ),
    _sentence(
        "drop, every, findings",
        rf"\b{words.DROP} (?:cualquier|any|all|every|todos los|todas las)"
        rf" {words.FINDINGS}",
    ),
    _sentence(
        "drop, then",
        rf"\b{words.DROP} {_FAR}\b(?:and|y|e|then|luego) (?:approve|aprove|aprueb[ae]"
        r"|acept[ae]|accept|validate|valida|valide|responde|send|envia)\b",
    ),
)
"""Tells the reader not to look or not to obey."""

CONCLUDE = (
    _sentence(
        "approve, this",
        # "Clear", "pass" and "rate" are also what is done to an honest invoice.
        rf"\b(?!(?:clear|pass|rate) ){words.APPROVE} "
        r"(?:automaticamente |siempre |directamente |immediately "
        rf"|automatically |always )?(?:(?:a|de) )?{words.THIS}\b"
        r"(?! (?:en|via|a traves))",
    ),
    _sentence("approve, good", rf"\b{words.APPROVE} {_NEAR}{words.GOOD}"),
    _sentence(
        "approve, without, looked at",
        rf"\b{words.APPROVE} {_NEAR}\b(?:sin|without) (?:mas |any |further )*"
        r"(?:revis\w+|valid\w+|observ\w+|review\w*|check\w*|questions?|preguntas?"
        r"|hallazgos)",
    ),
    _sentence(
        "shortcut, skipped",
        r"\b(?:(?:aprobar|aprueb[ae]\w*|approve) automatic\w+"
        r"|auto[- ]?(?:approve|aprobar)"
        r"|(?:skip|bypass|omit(?:ir|a|e)|salt(?:ar|a|e)) (?:the |this |la |esta )?"
        r"(?:review|validation|revision|validacion))\s{0,3}(?:$|[.;,!\n])",
    ),
    _sentence(
        "listed, must",
        r"\b(?:findings|hallazgos) (?:deben? ser|must be|should be)\b",
    ),
    _sentence("me", r"\b(?:approve me|aprueb[ae]me|sudo (?:aprob|approve|send)\w*)\b"),
    _sentence(
        "answer, verdict",
        rf"\b{words.ANSWER}[: ]+(?:(?:siempre|solo|solamente|unicamente|always|only"
        rf"|just|que|con|with|el|un|the|an?)[: ]+)*{words.VERDICT}",
    ),
    _sentence(
        "not, report, findings | nothing | this",
        r"\b(?:no|nunca|never|do not|don'?t|must not|jamas) "
        rf"(?:{words.REPORT}{_NEAR}\b(?:{words.FINDINGS}|nada|ningun\w*|anything|any)"
        rf"|(?:report\w*|marqu\w*|objet\w*|flag) {words.THIS})\b",
    ),
    _sentence(
        "without, raising, findings",
        r"\b(?:sin|without) (?:generar|reportar|levantar|emitir|informar|marcar"
        rf"|raising|reporting|flagging) {_NEAR}\b{words.FINDINGS}",
    ),
    _sentence(
        "this, not, examine",
        rf"\b{words.THIS} (?:ya )?(?:no (?:requiere|necesita|debe|puede)|has no need"
        r"|needs no|does not (?:need|require)|must not|requires no)"
        rf" {_NEAR}\b{words.EXAMINE}",
    ),
    _sentence(
        "not, examine, this",
        r"\b(?:no|do not|don'?t) (?:revis(?:es|e|ar)|valid(?:es|ar)"
        r"|analic?(?:es|e|zar)|rechac?(?:es|e|zar)|review|reject|check|analy[sz]e)"
        rf" {words.THIS}\b",
    ),
    _sentence(
        "this, must, approved",
        rf"\b{words.THIS} (?:debe|deberia|must|should|has to|shall|tiene que) "
        r"(?:ser |be |siempre |always |quedar )?(?:automaticamente |automatically )?"
        rf"{words.APPROVED}",
    ),
    _sentence(
        "this, exempt",
        rf"\b{words.THIS} {_FAR}\bexent[ao] de (?:toda )?"
        r"(?:revision|validacion|control)",
    ),
    _sentence(
        "not, it, object",
        r"\bno (?:la|lo|me|las|los) (?:marques?|reportes?|senales?|observes?"
        r"|rechac?es?|objetes?|cuestiones?|revises?)\b",
    ),
)
"""Tells the reader what to conclude."""

ADDRESSES = (
    _sentence(
        "greeting, AI",
        rf"\b{words.GREETING}[ :,]+(?:la |el |al |the |any |all |cualquier |todo |los "
        rf"|las |my )?{words.SURELY_AI}\b"
        # ... but one may be sold.
        r"(?![-\w ]{0,25}\b(?:licen|suscrip|plan\b|subscr|curso|taller|capacit|team"
        r"|pro\b|api\b))",
    ),
    _sentence(
        "by, AI",
        r"\b(?:valid|aprob|revis|verific|approv|check|audit)(?:ad[oa]|ed|ied) "
        r"(?:previamente |already |ya |y aprobad[oa] )?(?:por|by) "
        rf"{words.SURELY_AI}\b",
    ),
    _sentence(
        "you",
        r"\b(?:eres|you are|you'?re|sos|usted es) (?:ahora |now )?(?:un |una |a |an "
        rf"|the )?(?:{words.AI}|helpful|experto|expert|obedien\w+)",
    ),
    _sentence(
        "act",
        r"\b(?:actua|actue|comportate|act|behave|pretend|finge|simula que eres) "
        rf"(?:como|as|to be|ser|si fueras)?\s{0, 3}(?:un |una |a |an |if )*{words.AI}",
    ),
    _sentence(
        "if, you",
        rf"\b(?:if you are|si (?:eres|usted es)) (?:an? |the |un |una )?{words.AI}",
    ),
    _sentence(
        "your, task",
        r"\b(?:your|tu) (?:new |nuevas? |real |verdadera |only |unica )*"
        r"(?:task|tarea|mision|role|rol) (?:is|es|now|ahora)\b",
    ),
    _sentence(
        "your, task",
        r"\b(?:your|tu) (?:new |nuevas? |real |verdadera |only |unica )+"
        r"(?:task|tarea|instruc\w+|objetivo|mision|goal|role|rol|job|funcion)\b",
    ),
    _sentence(
        "new, tasks",
        r"\b(?:nuevas?|new) (?:instruc\w+|tareas?|task|reglas?|rules?)\s{0,3}:"
        rf"{_FAR}\b(?:{words.APPROVE}|{words.ANSWER}|{words.VERDICT}|{words.DROP})\b",
    ),
    _sentence(
        "show, its",
        r"\b(?:muestr\w+|revel\w+|repit\w+|reveal|repeat|print|show|leak|imprim\w+"
        rf"|copi[ae]) {_NEAR}\b(?:tus?|your|the system|del sistema) "
        rf"{_NEAR}{words.RULES}",
    ),
)
"""Speaks to a machine."""

SENTENCES = IMITATES + FORGET + CONCLUDE + ADDRESSES

# Each of these is ordinary; both together, close to each other, are not.
SPOKEN_TO = _sentence(
    "spoken to",
    rf"\b{words.SURELY_AI}\b|\b(?:tu (?:respuesta|salida|analisis|veredicto|tarea)"
    r"|your (?:answer|output|response|task|verdict|analysis))\b",
)
ORDERED = _sentence(
    "ordered",
    rf"\b(?:{words.DROP}|no (?:reportes|marques|senales|alertes|menciones|incluyas)"
    r"|do not|don'?t|must|debes?|aprueb[ae]\w*|aprobar\w*|approve|(?<!que )respond[ea]"
    r"|respond|reply|output|devuelve|return|verdict|veredicto|findings|hallazgos)\b",
)
