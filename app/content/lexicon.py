"""Common English words that honest texts put side by side.

`app.content.words` joins letters over gaps to find `he llo`; when every piece is a word of its own (`hero in
town`), the gap is honest. The same list excuses doubled letters that make another word (`loser`, `looser`).
"""

from __future__ import annotations

from functools import cache

_WORDS = """
a i am an as at be by do go he if in is it me my no of oh ok on or so to up us we
ace act add age ago aid air all and any apt arc are ark arm art ash ask ate aim bad bag ban bar bat bay bed
bee beg bet bid big bin bit boo bow box boy bud bug bun bus but buy cab can cap car cat cob cod cop cot cow
cry cub cue cup cut dad day den dew did die dig dim dip dog don dot dry due dug ear eat eel egg ego elf end
eve eye fan far fat fee few fig fin fir fit fix fly foe fog for fox fry fun fur gap gas gel gem get gig gin
got gum gun gut guy gym had ham has hat hay hen her hid him hip his hit hob hoe hog hop hot how hub hug hum
hut ice icy ill ink inn its ivy jam jar jaw jet job jog joy jug key kid kin kit lab lad lag lap law lay led
leg let lid lie lip lit log lot low mad man map mat may men met mid mix mob mom mop mow mud mug mum nap net
new nil nip nod nor not now nut oak oar oat odd off oil old one opt orb our out owe owl own pad pal pan par
pat paw pay pea peg pen pet pie pig pin pit pod pop pot pro pub put rag ram ran rap rat raw ray red rib rid
rim rip rob rod rot row rub rug rum run rye sad sat saw say sea see set sew she shy sip sit six ski sky sob
son soy spa spy sub sue sum sun tab tag tan tap tar tax tea ten the thy tie tin tip toe ton too top toy try
tub two use van vat vet vie vow wag war was wax way web wed wet who why wig win wit won yes yet you zip zoo
able acre aged aide area army atom aunt auto away baby back bait bake ball band bank bare barn base bash bass
bath bead beam bean bear beat beef been beer beet bell belt bend bent best bike bill bind bird bite blow blue
boat body boil bold bolt bond bone book boom boot bore born boss both bowl brew bulb bulk bull bump burn bush
busy cafe cage cake call calm came camp cane cape card care cart case cash cast cave cell chat chef chic chin
chip city clay clip club clue coal coat code coin cold come cook cool cope copy cord core corn cost cosy crew
crop curb cure curl cute dark data date dawn days dead deal dear debt deck deep deer desk dial dice diet dine
dirt dish dive dock does doll dome done door dose down draw dream dress drew drip drop drum dual duck duet
dust duty each earn ease east easy edge else even ever exam exit eyes face fact fade fair fall fame farm fast
fate fear feed feel feet fell felt file fill film find fine fire firm fish five flag flat flow foam foil fold
folk food foot fork form fort four free from fuel full fund gain game gate gave gear gift girl give glad glow
glue goal goat gold golf gone good gown grab gram gray grew grid grill grin grip grow gulf half hall hand
hang hard harm hate have head heal heap hear heat heel held help herb herd here hero hide high hike hill hint
hire hold hole holy home hood hook hope horn host hour huge hunt hurt icon idea inch into iron item jazz join
joke jump june july just keen keep kept kick kind king kiss kite knee knew knit know lace lack lady laid lake
lamb lamp land lane last late lawn lead leaf lean leap left lend lens less life lift like lime line link lion
list live load loan loft logo long look loop lord lose loss lost loud love luck lump lung made mail main make
male mall many mark mask mass mate meal mean meat meet melt menu mere mess mild mile milk mill mind mine mini
mint miss mist mode mood moon more moss most moth move much must name navy near neat neck need nest news next
nice nine noon nose note noun oats once only onto open oval oven over pace pack page paid pain pair pale palm
pant park part pass past path peak pear peel peer pick pier pile pill pine pink pint pipe plan play plot plum
plus poem poet pole pond pony pool poor port pose post pour pray prep pump pure push quit quiz race rack rail
rain ramp rang rare rash rate read real rear rent rest rice rich ride ring rise risk road roam roar robe rock
role roll roof room root rope rose ruby rude ruin rule rush sack safe sail sake sale salt same sand save seal
seat seed seek seem seen self sell send sent shed ship shoe shop shot show shut sick side sign silk sing sink
site size skin skip slim slip slow snap snow soap sock soda sofa soft soil sold sole solo some song soon sore
sort soul soup sour spin spot star stay stem step stew stir stop such suit sure surf swim tail take tale talk
tall tank tape task taste team tear tell tend tent term test than that them then they thin this thus tidy tile
till time tiny tire toad told toll tomb tone took tool toss tour town tray tree trek trim trip true tube tuna
tune turn twin type unit upon used user vary vase vast veil vein verb very vest vibe view vine visa void vote
wage wait wake walk wall want ward warm warn wash wave weak wear week well went were west what when whip whom
wide wife wild will wind wine wing wipe wire wise wish with wood wool word wore work worn wrap yard yarn year
yoga your zero zone
about above again alone along aloe apple bacon basic beach being below black bread break brick bring brown
buyer carry chair cheap check chest child claim class clean clear clock close cloth coach coast color copper
could cover craft cream daily dance dinner doing drink drive early earth enjoy enter entry every extra faith
field final first flash floor flour fresh front fruit games giant glass goods grand grant grass great green
group guest happy heart heavy honey horse hotel house human image large later latter laugh learn least level
light limit local looser lower lucky lunch magic major match maybe medal metal model money month motor mouth
movie music never night noise north offer often older order other owner paint panel paper party peace phone
photo piece pilot pizza place plain plane plant plate point pound power press price prime print prize proof
queen quick quiet radio raise range reach ready right river rival round royal salad sauce scale scene score
sense serve seven shade shape share sharp sheep sheet shelf shell shine shirt shoes short shown sides since
sleep slice small smart smile smoke solid sorry sound south space spare spend sport staff stage stamp stand
start state steak steam steel stick still stock stone store storm story study style sugar summer super supper
sweet table taken teach thank their there these thing think third those three tiger tight times tired title
today token topic total touch tower track trade train treat trial truck trust truth under union until upper
urban usual valid value video visit voice waste watch water weeks whale wheat wheel where which while white
whole whose woman women works world worth would write wrong years young yours hoping hopping planed planned
"""


@cache
def common_words() -> frozenset[str]:
    """The list, read once."""
    return frozenset(_WORDS.split())
