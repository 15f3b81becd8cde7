"""Varied sentences in many languages, for synthetic training speech.

Text comes out as plain strings: sentences from templates and word lists, lists, questions,
exclamations, numbers, names, and (English) words drawn from a pronouncing lexicon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class LanguageText:
    """What one language's sentences are made of."""

    sentences: tuple[str, ...]
    """`{}` is filled with a word or a name"""
    words: tuple[str, ...]
    conjunction: str


def _language(sentences: str, words: str, conjunction: str) -> LanguageText:
    lines = tuple(line.strip() for line in sentences.strip().splitlines())
    return LanguageText(lines, tuple(words.split()), conjunction)


TEXTS: dict[str, LanguageText] = {
    "en": _language(
        """Good morning, {}, how are you today?
        I would like to book a table for {} people near the {}.
        Could you please tell me where the {} is?
        My phone number is {}, and my brother's name is {}.
        We'll never know whether {} put the purple {} in the box above the bath.
        What a wonderful surprise! Thank you so much for the {}.
        The quick brown fox jumps over the lazy {}.
        I'm afraid that page is not available at the moment, but I can help you with {}.
        No, no, no! That's the wrong {}.
        First of all, open the application, then press the {} button twice.
        Maybe we should move both of the boys before Wednesday.
        Have you ever thought about the voyage through the northern {}?
        She sells sea shells by the sea shore, while {} watches the ships.
        Peter and {} bought a pound of butter, some pepper and five bananas.
        Who would have thought that a {} could cost so much?
        Please wait while I look up your account.
        If you ask me, the weather in {} was rather awful, wasn't it?
        Mum, could I have some more of the {} pie, please?
        Hmm, let me think. The answer might be {}.
        Why don't you choose a few of the juicy oranges and show them to {}?
        Half of the {} vanished before they arrived at the farm.
        Well, you can always call us back between nine and five.
        Oh, absolutely! I love the {} that you made.
        Nothing is as smooth as the leather of these thick brown shoes.
        Yes. Okay. Sure, why not?
        In the beginning, both {} and {} were very far from the village.
        The doctor told {} to take two pills after every meal.
        A big black bug bit a big black bear by the {}.
        Let us go over the plan once more: {}, {}, and finally {}.
        He laughed and laughed until his mother shouted at him.
        Good grief, how could you leave the {} in the rain?
        The temperature will drop to minus {} degrees by tomorrow evening.""",
        """water house window mother father child bread music river mountain February Thursday
        banana elephant umbrella problem happy beautiful powerful very awful future church
        judge measure vision something nothing brother weather voyage joy noise house loud
        book good foot food blue moon shoe choose juice yes maybe possible impossible
        London Paris Philip Barbara Benjamin Matthew Viviane Oliver Margaret Bob Poppy Eve
        flower shower power fire five love above of off have give live move prove wolf woman
        apple pepper paper people purple simple sample problem member number summer hammer
        thin thick both teeth mouth month north south earth worth breath clothes they them
        seventeen thirty ninety hundred thousand million quarter zero eleven twelve
        robot engine battery chemistry psychology university environment government
        rhythm strength splash squeeze whisper shout laugh cough enough rough though""",
        "and",
    ),
    "es": _language(
        """Buenos días, {}, ¿cómo estás hoy?
        Quisiera reservar una mesa para {} personas, por favor.
        ¿Dónde está la biblioteca más cercana?
        Mi hermano vive en {} y trabaja con {}.
        ¡Qué sorpresa tan bonita! Muchas gracias por el {}.
        El perro de San Roque no tiene rabo.
        Tres tristes tigres tragaban trigo en un trigal.
        No sé si mañana va a llover o va a hacer buen tiempo.
        Primero abre la ventana, después mueve la mesa y por fin llama a {}.
        Mi mamá me mima mucho, pero mi papá prefiere el {}.
        ¿Por qué no vienes con nosotros a la playa el jueves?
        Bueno, vamos a ver. La respuesta puede ser {}.
        Compramos pan, vino, pimientos, tomates y una botella de {}.
        Hace mucho frío en las montañas del norte.
        ¡Vamos, vamos, que llegamos tarde!
        El número de teléfono es {}.""",
        """agua casa ventana madre padre niño pan música río montaña febrero jueves plátano
        elefante paraguas problema feliz hermoso poderoso viejo joven bueno malo verde azul
        blanco amarillo gente pueblo ciudad lluvia nieve fuego lengua boca labio mujer hombre
        abuelo Pedro María Gabriela Francisco Valencia Barcelona trabajo dinero guitarra
        cumpleaños chocolate mañana noche siempre nunca también imposible""",
        "y",
    ),
    "fr": _language(
        """Bonjour, {}, comment allez-vous aujourd'hui ?
        Je voudrais réserver une table pour {} personnes, s'il vous plaît.
        Où est la bibliothèque la plus proche ?
        Mon frère habite à {} et travaille avec {}.
        Quelle belle surprise ! Merci beaucoup pour le {}.
        Les chaussettes de l'archiduchesse sont-elles sèches ?
        Un chasseur sachant chasser doit savoir chasser sans son chien.
        Je ne sais pas s'il va pleuvoir demain ou s'il fera beau.
        D'abord ouvrez la fenêtre, ensuite poussez la table, puis appelez {}.
        Maman fait de la soupe aux poireaux, mais papa préfère le {}.
        Pourquoi ne viens-tu pas avec nous à la plage jeudi ?
        Bon, voyons voir. La réponse est peut-être {}.
        Nous avons acheté du pain, du beurre, du vin, des pommes et un peu de {}.
        Il fait très froid dans les montagnes du nord.
        Tu as vu le feu rouge au bout de la rue ?
        Le numéro de téléphone est {}.""",
        """eau maison fenêtre mère père enfant pain musique fleuve montagne février jeudi banane
        éléphant parapluie problème heureux magnifique puissant vieux jeune bon mauvais vert
        bleu blanc jaune peuple ville pluie neige feu langue bouche lèvre femme homme oiseau
        grand-père Pierre Marie Guillaume François Paris Bordeaux travail argent guitare
        anniversaire chocolat matin nuit toujours jamais aussi impossible beaucoup brun""",
        "et",
    ),
    "it": _language(
        """Buongiorno, {}, come stai oggi?
        Vorrei prenotare un tavolo per {} persone, per favore.
        Dov'è la biblioteca più vicina?
        Mio fratello vive a {} e lavora con {}.
        Che bella sorpresa! Grazie mille per il {}.
        Sopra la panca la capra campa, sotto la panca la capra crepa.
        Non so se domani pioverà o se farà bel tempo.
        Prima apri la finestra, poi sposta il tavolo e infine chiama {}.
        La mamma prepara la pasta, ma papà preferisce il {}.
        Perché non vieni con noi al mare giovedì?
        Va bene, vediamo. La risposta potrebbe essere {}.
        Abbiamo comprato pane, vino, peperoni, pomodori e una bottiglia di {}.
        Fa molto freddo nelle montagne del nord.
        Andiamo, andiamo, che facciamo tardi!
        Il numero di telefono è {}.""",
        """acqua casa finestra madre padre bambino pane musica fiume montagna febbraio giovedì
        banana elefante ombrello problema felice bellissimo potente vecchio giovane buono verde
        azzurro bianco giallo gente paese città pioggia neve fuoco lingua bocca labbro donna
        uomo nonno Pietro Maria Giuseppe Francesca Roma Venezia lavoro denaro chitarra
        compleanno cioccolato mattina notte sempre mai anche impossibile""",
        "e",
    ),
    "pt": _language(
        """Bom dia, {}, como você está hoje?
        Eu gostaria de reservar uma mesa para {} pessoas, por favor.
        Onde fica a biblioteca mais próxima?
        Meu irmão mora em {} e trabalha com {}.
        Que surpresa bonita! Muito obrigado pelo {}.
        O rato roeu a roupa do rei de Roma.
        Não sei se amanhã vai chover ou fazer sol.
        Primeiro abra a janela, depois mova a mesa e por fim chame {}.
        A minha mãe faz pão, mas o meu pai prefere {}.
        Por que você não vem com a gente para a praia na quinta-feira?
        Bom, vamos ver. A resposta pode ser {}.
        Compramos pão, vinho, pimenta, tomates e uma garrafa de {}.
        Faz muito frio nas montanhas do norte.
        Vamos, vamos, que já é tarde!
        O número de telefone é {}.""",
        """água casa janela mãe pai criança pão música rio montanha fevereiro quinta banana
        elefante problema feliz bonito poderoso velho jovem bom mau verde azul branco amarelo
        gente povo cidade chuva neve fogo língua boca lábio mulher homem avô Pedro Maria
        Gabriela Francisco Lisboa trabalho dinheiro guitarra aniversário chocolate manhã noite
        sempre nunca também impossível coração""",
        "e",
    ),
    "hi": _language(
        """नमस्ते {}, आप आज कैसे हैं?
        मुझे {} लोगों के लिए एक मेज़ चाहिए।
        सबसे पास का पुस्तकालय कहाँ है?
        मेरा भाई {} में रहता है और {} के साथ काम करता है।
        वाह, क्या बात है! बहुत बहुत धन्यवाद।
        मुझे नहीं पता कि कल बारिश होगी या धूप निकलेगी।
        पहले खिड़की खोलो, फिर मेज़ हटाओ और {} को बुलाओ।
        माँ खाना बनाती है, लेकिन पिताजी को {} पसंद है।
        तुम हमारे साथ बाज़ार क्यों नहीं चलते?
        अच्छा, देखते हैं। शायद जवाब {} हो।
        हमने रोटी, सब्ज़ी, फल, दूध और {} खरीदा।
        उत्तर के पहाड़ों में बहुत ठंड है।
        चलो, चलो, देर हो रही है!
        मेरा फ़ोन नंबर {} है।""",
        """पानी घर खिड़की माँ पिता बच्चा रोटी संगीत नदी पहाड़ फरवरी गुरुवार केला हाथी छाता
        समस्या खुश सुंदर बूढ़ा जवान अच्छा बुरा हरा नीला सफ़ेद पीला लोग गाँव शहर बारिश बर्फ़ आग
        जीभ मुँह होंठ औरत आदमी दादा मोहन सीता दिल्ली मुंबई काम पैसा किताब जन्मदिन सुबह रात हमेशा
        कभी असंभव भूख ढोल""",
        "और",
    ),
    "ja": _language(
        """おはようございます、{}さん、おげんきですか。
        すみません、としょかんは どこですか。
        わたしの おとうとは {} に すんでいます。
        うわあ、すごい。ほんとうに ありがとうございます。
        あしたは あめが ふるかもしれません。
        まず まどを あけて、それから つくえを うごかして ください。
        ははは りょうりが すきですが、ちちは {} が すきです。
        どうして いっしょに うみへ いきませんか。
        そうですね、こたえは {} かもしれません。
        パンと やさいと ぶどうと {} を かいました。
        きたの やまは とても さむいです。
        はやく はやく、おくれますよ。""",
        """みず いえ まど はは ちち こども パン おんがく かわ やま バナナ ぞう かさ もんだい
        うれしい きれい つよい ふるい わかい いい わるい みどり あお しろ きいろ ひと まち あめ
        ゆき ひ した くち おんな おとこ たなか さくら とうきょう しごと おかね ギター
        たんじょうび チョコレート あさ よる いつも ふじさん ぶんか""",
        "と",
    ),
    "zh": _language(
        """早上好，{}，你今天怎么样？
        我想订一张桌子，我们一共有几个人。
        请问最近的图书馆在哪里？
        我弟弟住在{}，他跟{}一起工作。
        真是太好了！非常感谢你的{}。
        我不知道明天会不会下雨。
        先打开窗户，然后搬桌子，最后给{}打电话。
        妈妈喜欢做饭，可是爸爸喜欢{}。
        你为什么不跟我们一起去海边？
        好吧，让我想想，答案可能是{}。
        我们买了面包、葡萄、苹果、蔬菜和{}。
        北方的山里非常冷。
        快点，快点，我们要迟到了！
        八百标兵奔北坡，炮兵并排北边跑。""",
        """水 房子 窗户 母亲 父亲 孩子 面包 音乐 河 山 二月 星期四 香蕉 大象 雨伞 问题 高兴 漂亮
        强大 老 年轻 好 坏 绿色 蓝色 白色 黄色 人民 城市 雨 雪 火 舌头 嘴巴 嘴唇 女人 男人 爷爷
        王明 北京 上海 工作 钱 吉他 生日 巧克力 早上 晚上 总是 朋友 飞机 发票""",
        "和",
    ),
}


def _number(rng: np.random.Generator) -> str:
    digits = int(rng.integers(1, 6))
    return str(int(rng.integers(0, 10**digits)))


def make_text(language: str, rng: np.random.Generator, lexicon: tuple[str, ...] = ()) -> str:
    """One utterance of about 2 to 8 seconds.

    Args:
        language: a key of TEXTS.
        rng: source of all choices.
        lexicon: further words (English) that are drawn from as often as the list's own.
    """
    text = TEXTS[language]

    def word() -> str:
        draw = rng.random()
        if draw < 0.12:
            return _number(rng)
        if lexicon and draw < 0.6:
            return lexicon[int(rng.integers(len(lexicon)))]
        return text.words[int(rng.integers(len(text.words)))]

    if rng.random() < 0.3:
        words = [word() for _ in range(int(rng.integers(3, 9)))]
        joiner = "、" if language in ("zh", "ja") else ", " if rng.random() < 0.4 else " "
        tail = f" {text.conjunction} {words[-1]}"
        return joiner.join(words[:-1]) + tail + str(rng.choice([".", "!", "?"]))
    sentence = text.sentences[int(rng.integers(len(text.sentences)))]
    while "{}" in sentence:
        sentence = sentence.replace("{}", word(), 1)
    if len(sentence) < 50 and rng.random() < 0.5:
        sentence += " " + make_text(language, rng, lexicon)
    return sentence
