"""Words that give the reader an order, in Spanish and English.

All patterns are for texts as :func:`.words.plain` gives them.
"""

from __future__ import annotations

import re

_RULES = (
    r"(instruc\w*|reglas?|rules?|prompt|validacion\w*|validation|checks?|control\w*)"
)
_TROUBLE = (
    r"(findings?|hallazgos?|errors?|errores|warnings?|advertencias?|alert\w*|"
    r"observacion\w*|problem\w*|issues?)"
)
_READER = (
    r"(ia|ai|llm|claude|gpt|asistente|assistant|validador|validator|"
    r"modelo de lenguaje|language model|inteligencia artificial|reviewer|revisor)"
)
_GOOD = (
    r"(\bsend\b|enviar|no findings|sin hallazgos|empty|vaci[ao]|approved|aprobad[oa]|"
    r"\[\]|verdict|veredicto|sin errores|no errors|(as|como) (valid|correct)\w*)"
)

#: Orders that hardly any ordinary invoice contains: the model reports these unless it
#: is gullible.
_ADDRESSED = {
    "ignore the rules": r"\bignor\w* lo anterior"
    rf"|\bignor\w* .{{0,40}}({_RULES}|{_TROUBLE}|\ball\b|\btodo\b)",
    "skip the rules": r"\b(olvid|desestim|disregard|forget|overrid|omite|omita|skip|"
    rf"bypass)\w* .{{0,40}}({_RULES}|{_TROUBLE}|previous|anterior)",
    "do not apply": r"\b(no|do not|don.?t|never) (aplique|apliques|apply|valide|"
    r"valides|revise|revises|verifique|validate|review|check)\b"
    r"|\b(no requiere|needs no|no necesita) (mas )?(revision|validacion|review)",
    "approve this": r"\b(aprueba|apruebe|apruebese|aprobar|approve|accept|acepta|"
    r"acepte|aceptar|autoriza|autorice|authorize)\b .{0,30}\b(this|esta|este|"
    r"factura|invoice|documento|document|automatic\w*|sin|without|now|inmediat\w*|it|all|todo)\b",
    "approve alone": r"^\W*(approve|apruebame|approved|aprobado|aprueba|"
    r"apruebese)\W*$"
    r"|\b(approve me|apruebame|apruebeme|aprobame)\b",
    "name the verdict": r"\b(verdict|veredicto|conf|confianza|confidence)\b\W{0,4}"
    r"(is|es|debe ser|must be|should be|to|a)?\W{0,4}"
    r"(send|enviar|approve|aprobad|high|alta|ok|valid)"
    r"|\b(resuelva|resuelve|resolver|concluya) (send|enviar|aprob\w*)",
    "answer so": r"\b(return|respond|responde|responda|reply|answer|contesta|conteste|"
    rf"devuelve|devuelva|output|marque|marcar|mark)\b.{{0,40}}{_GOOD}",
    "report nothing": r"\b(no|do not|don.?t|never|nunca|jamas)\W+(report|inform|"
    r"marque|flag|list|mencion|mention|emit|output|add|agregue|include|incluya|observ|"
    rf"raise|return)\w*.{{0,40}}{_TROUBLE}"
    r"|\bno findings\b|(sin|cero|zero) hallazgos|zero findings|findings?\W{1,4}\[\]",
    "be another": r"\b(you are (now|a|an)|pretend|finge|simula ser)\b"
    r"|\b(act as|actua como) (an? |un |una )?(approv\w*|assistant|asistente|revisor|"
    r"aprobador|model\w*|ia|ai)\b",
    "forged turn": r"^\W*(system|assistant|asistente|developer|admin)\W{0,2}[:>\]]"
    r"|\[(system|sistema)\]|</?(system|facts|instructions?|assistant|user)>",
    "told to the reader": rf"\b{_READER}\b.{{0,50}}\b(debe|deben|must|should|ignor\w*|"
    r"approve|apruebe|responde|responda|respond|marque|mark|send|envie|reading this)\b",
    "new instructions": r"\b(new|nueva|nuevas) instruc\w*",
    "send it": r"(?<!se )\b(envia|envie|enviese|enviar|send)\b.{0,30}(sin revis|"
    r"without review|directamente al sii|straight to|to the sii now)",
}
#: What only the gullible model takes for an order.
_SUGGESTED = {
    "approving": r"\b(aprob|aprueb|approv|accept|acept|autoriz|authoriz)\w*",
    "sending": r"\b(envia|envie|enviar|enviese|send|despach)\w*",
    "ignoring": r"\b(ignor|omit|omite|olvid|skip|disregard|bypass|salta)\w*",
    "nothing wrong": rf"\b(no|sin|without|zero|cero|ningun)\b.{{0,20}}{_TROUBLE}",
    "verdict": r"\b(verdict|veredicto|confianza|confidence)\b",
    "speaker": r"\b(system|sistema|assistant|asistente|developer|admin)\s*[:>\]]",
    "all is well": r"\b(valid[oa]?|correct[oa]?|todo bien|all good|pre-?approved|"
    r"ya fue (auditad|aprobad|revisad|validad)\w*)\b",
}
ADDRESSED = re.compile("|".join(_ADDRESSED.values()), re.M)
SUGGESTED = re.compile("|".join(_SUGGESTED.values()))
