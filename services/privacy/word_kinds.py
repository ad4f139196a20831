"""The words without which no text can instruct its reader, by kind.

They follow from :mod:`.instruction_words` and :mod:`.instruction_patterns`: whoever
adds a word there adds it here, and the tests tell when one is missing.
"""

from __future__ import annotations

_DROP = (
    "ignor* omit* olvid* descart* desestim* desatiend* efecto omiso salta* salte* alto"
    " reemplaza anula siga sigas aplique apliques considere consideres obedezca"
    " obedezcas tome tomes respetes use uses disregard forget override bypass skip"
    " follow following discard"
)
_AI = (
    "ia ai artificial claude chat chatgpt llm llms language lenguaje linguistico"
    " automatico automated virtual inteligente"
)

KINDS = {
    # Parts of words.DROP, words.RULES, ...: of each alternative its rarest word.
    "drop": _DROP,
    "rules": (
        "instruc* regla* indicaciones* directrices* politica* normas* criterios*"
        " restricciones* prompt* rule* guideline* directive* policy* policies*"
        " constraint* message*"
    ),
    "findings": (
        "hallazgo* error* alerta* advertencia* observacion* problema*"
        " inconsistencia* irregularidades* anomalia* defecto* reparo* finding*"
        " warning* issue* problem* alert* flag* anomal*"
    ),
    "this": (
        "factura* documento* dte* boleta* nota* guia* invoice* document* bill*"
        " comprobante* item* linea* line*"
    ),
    "approve": (
        "aprueb* aprobar* acepta* acepte* valida valide validala validalo"
        " validela validelo validese autorice* autoriza* da_por dale_por dar_por"
        " de_por dele_por marca marcar marcala"
        " marcalo marque marquela marquelo marquese trata trate tratala tratela"
        " clasifica clasificar clasificala clasificalo clasifique clasifiquela"
        " clasifiquelo califica calificar calificala calificalo califique"
        " califiquela califiquelo considera considere considerar considerala"
        " considerela considerese approve accept validate authorise authorize clear"
        " pass mark classify treat rate label flag consider"
    ),
    "good": (
        "valid valids valida validas valido validos correct* aprobad* approved"
        " aceptad* accepted enviar ready safe segur* send errores buen buena bueno"
        " buenas buenos error ok clean limpi* perfect*"
    ),
    "answer": (
        "responda respondan responde responder contesta conteste contestar devuelva"
        " devuelve devuelvan devolver retorna retorne retornar emita emite emitir"
        " entrega entregue indica indique escriba escribe di diga genera genere pon"
        " ponga imprima imprime decir resuelva resuelve concluya concluye dictamina"
        " dictamine determina determine respond reply answer return output print say"
        " write emit produce set give use"
    ),
    "verdict": (
        "send* verdict* veredicto* dictamen* enviar* aprobad* approved* hallazgos*"
        " errores* alertas* advertencias* findings* todo everything vaci* empty*"
    ),
    "report": (
        "report* inform* marqu* senal* levant* inclu* gener* emit* registr* mencion*"
        " muestr* mostr* detect* agreg* objet* flag* raise* mention* list* add* show*"
    ),
    "examine": (
        "revis* valid* anali* analy* recha* observ* review* check* reject* flag*"
    ),
    "approved": (
        "aprob* valid* acept* approved* accepted* sent* consider* clasific* marc*"
        " enviad* verdict* send*"
    ),
    "greeting": (
        "para atencion estimada estimado mensaje nota hola oye ojo aviso instruc*"
        " dirigida dirigido note message attention dear hey hello hi to"
    ),
    "AI": _AI,
    # What else a sentence says.
    "verdict's name": "verdict* veredicto* dictamen*",
    "the answer": "answer respuesta response",
    "is": "is es debe should must",
    "must": "debe deben deberia must should has shall tiene",
    "listed": "finding findings hallazgos",
    "key": "verdict findings conf role sev",
    "code": "sem",
    "tag": "<",
    "bracketed": "inst system assistant sys",
    "speaker": "system* assistant* asistente* human*",
    "said": (
        "approve* send* ignor* valid* answer* respond* aprueb* envia* document*"
        " invoice* factura* user*"
    ),
    "hidden": "system developer hidden",
    "message": "prompt override message",
    "injection": "prompt jailbreak*",
    "mode": "modo mode",
    "kind of mode": (
        "desarrollador administrador dios depuracion debug developer admin god"
        " maintenance"
    ),
    "before": "anterior* dijeron* indicaron*",
    "everything": "everything anything all",
    "every": "cualquier any all every todos todas",
    "apply": "aplican* rigen* valen* apply*",
    "checks": (
        "validacion validaciones control controles chequeos revision revisiones check"
        " checks validation validations"
    ),
    "then": (
        "approve aprove aprueba apruebe acepta acepte accept valida valide validate"
        " responde send envia"
    ),
    "without": "sin without",
    "looked at": (
        "revis* valid* observ* review* check* question* pregunta* hallazgos*"
    ),
    "shortcut": (
        "automatic* auto autoapprove* autoaprobar* skip bypass omit omitir omita omite"
        " saltar salta salte"
    ),
    "skipped": (
        "aprobar* aprueb* approve* autoapprove* autoaprobar* review* revision*"
        " validation* validacion*"
    ),
    "me": "approve apruebame apruebeme sudo",
    "not": "no not nunca never jamas don dont",
    "nothing": "nada ningun* anything any",
    "raising": (
        "generar reportar levantar emitir informar marcar raising reporting flagging"
    ),
    "exempt": "exenta exento",
    "it": "la lo me las los",
    "object": (
        "marque marques reporte reportes senale senales observe observes recha* objete"
        " objetes cuestione cuestiones revise revises"
    ),
    "by": "por by",
    "you": "eres you youre sos usted",
    "if": "if si",
    "act": "actua actue comportate act behave pretend finge simula",
    "your": "tu your",
    "task": "task tarea mision role rol instruc* objetivo goal job funcion",
    "new": "nueva nuevas new",
    "tasks": "instruc* tarea tareas task regla reglas rule rules",
    "show": ("muestr* revel* repit* reveal repeat print show leak imprim* copia copie"),
    "its": "tu tus your system sistema",
    "spoken to": f"{_AI} tu your",
    "ordered": (
        f"{_DROP} reportes marques senales alertes menciones incluyas not don dont must"
        " debe debes aprueb* aprobar* approve respond responda responde reply output"
        " devuelve return verdict veredicto findings hallazgos"
    ),
}
"""Words by kind: whole ones, with ``*`` beginnings of words, with ``_`` two words."""
