"""Column names of WooCommerce's export in other languages, as WooCommerce translates its header."""

from collections.abc import Mapping

# Meaning → spellings, in German, French, Spanish, Italian, Dutch, Polish, Portuguese, Russian, Turkish, Japanese,
# Swedish.
# Case, diacritics, blanks and punctuation do not matter; # is a number.
WOOCOMMERCE: Mapping[str, tuple[str, ...]] = {
    "id": ("Kimlik",),
    "kind": ("Typ", "Tipo", "Тип", "Tür", "タイプ"),
    "sku": (
        "Artikelnummer", "Artikelnummer (SKU)", "Art.-Nr.", "UGS", "Référence", "COD", "Артикул", "Stok kodu (SKU)",
        "Stok kodu",
    ),
    "barcode": (
        "GTIN, UPC, EAN oder ISBN", "GTIN, UPC, EAN ou ISBN", "GTIN, UPC, EAN o ISBN", "GTIN, UPC, EAN of ISBN",
        "GTIN, UPC, EAN lub ISBN", "GTIN, UPC, EAN или ISBN", "GTIN, UPC, EAN veya ISBN", "GTIN, UPC, EAN eller ISBN",
    ),
    "title": ("Nom", "Nombre", "Nome", "Naam", "Nazwa", "Имя", "İsim", "名前", "Namn"),
    "published": (
        "Veröffentlicht", "Publié", "Publicado", "Pubblicato", "Gepubliceerd", "Opublikowano", "Опубликован",
        "Yayımlanmış", "公開済み", "Publicerad",
    ),
    "visibility": (
        "Sichtbarkeit im Katalog", "Katalogsichtbarkeit", "Visibilité dans le catalogue", "Visibilidad en el catálogo",
        "Visibilità nel catalogo", "Zichtbaarheid in catalogus", "Widoczność w katalogu", "Visibilidade no catálogo",
        "Видимость в каталоге", "Katalogda görünürlük", "カタログでの表示", "Synlighet i katalog",
    ),
    "short_description": (
        "Kurzbeschreibung", "Description courte", "Descripción corta", "Breve descrizione", "Korte beschrijving",
        "Korte omschrijving", "Krótki opis", "Descrição curta", "Краткое описание", "Короткое описание",
        "Kısa açıklama", "簡単な説明", "Kort beskrivning",
    ),
    "description": (
        "Beschreibung", "Descripción", "Descrizione", "Beschrijving", "Opis", "Descrição", "Описание", "Açıklama",
        "説明", "Beskrivning",
    ),
    "sale_from": (
        "Datum, an dem Angebotspreis beginnt", "Datum, an dem der Angebotspreis beginnt", "Angebotspreis gültig ab",
        "Date de début de promo", "Día en que empieza el precio rebajado", "Data di partenza del prezzo in saldo",
        "Startdatum actieprijs", "Data rozpoczęcia promocji", "Data de preço promocional começa em",
        "Дата начала действия продажной цены", "İndirimli fiyatın başladığı tarih", "セール価格の開始日",
        "Datum när reapriset börjar",
    ),
    "sale_to": (
        "Datum, an dem Angebotspreis endet", "Datum, an dem der Angebotspreis endet", "Angebotspreis gültig bis",
        "Date de fin de promo", "Día en que termina el precio rebajado", "Termine data del prezzo di vendita",
        "Einddatum actieprijs", "Data zakończenia promocji", "Data de preço promocional termina em",
        "Дата окончания действия продажной цены", "İndirimli fiyatın bittiği tarih", "セール価格の終了日",
        "Datum när reapriset upphör",
    ),
    "tax_status": (
        "Steuerstatus", "État de la TVA", "Estado del impuesto", "Stato delle imposte", "Btw status", "Status podatku",
        "Status do imposto", "Status da taxa", "Статус налога", "Vergi durumu", "課税ステータス", "Momsstatus",
    ),
    "tax_class": (
        "Steuerklasse", "Classe de TVA", "Clase de impuesto", "Aliquota di imposta", "Belastingklasse",
        "Klasa podatkowa", "Classe de imposto", "Classe de taxa", "Налоговый класс", "Vergi sınıfı", "税区分",
        "Momsgrupp", "Momsklass",
    ),
    "in_stock": (
        "Vorrätig?", "Auf Lager?", "Lagerstatus", "En stock ?", "¿Existencias?", "¿En inventario?", "In stock?",
        "Op voorraad?", "W magazynie?", "Em estoque?", "В наличии?", "Stokta?", "在庫の有無", "I lager?",
    ),
    "stock": (
        "Bestand", "Lager", "Lagerbestand", "Inventario", "Magazzino", "Voorraad", "Stan magazynowy", "Estoque",
        "Запасы", "Stok", "在庫", "Lagersaldo",
    ),
    "low_stock": (
        "Geringe Lagermenge", "Geringer Lagerbestand", "Montant de stock faible", "Cantidad de bajo inventario",
        "Lage voorraad", "Niski stan magazynowy", "Quantidade baixa de estoque", "Величина малых запасов",
        "Düşük stok miktarı", "在庫量わずか", "Lågt lagerantal",
    ),
    "backorders": (
        "Lieferrückstände erlaubt?", "Lieferrückstande erlaubt?", "Rückstände erlaubt?",
        "Autoriser les commandes de produits en rupture ?", "¿Permitir reservas de productos agotados?",
        "Abilita gli ordini arretrati?", "Nabestellingen toestaan?",
        "Pozwalać na zamówienia oczekujące (na dostawę do magazynu)?", "São permitidas encomendas?",
        "Задержанный заказ возможен?", "Возможен ли предзаказ?", "Yok satmaya izin?", "Ön Siparişe İzin Ver?",
        "お取り寄せを許可する ?", "Tillåt restnoteringar?",
    ),
    "weight": ("Gewicht", "Poids", "Peso", "Waga", "Вес", "Ağırlık", "重量", "Vikt"),
    "length": ("Länge", "Longueur", "Longitud", "Lunghezza", "Lengte", "Długość", "Comprimento", "Длина", "Uzunluk", "長さ", "Längd"),
    "width": ("Breite", "Largeur", "Anchura", "Larghezza", "Breedte", "Szerokość", "Largura", "Ширина", "Genişlik", "幅", "Bredd"),
    "height": ("Höhe", "Hauteur", "Altura", "Altezza", "Hoogte", "Wysokość", "Высота", "Yükseklik", "高さ", "Höjd"),
    "sale_price": (
        "Angebotspreis", "Tarif promo", "Prix promo", "Precio rebajado", "Prezzo in offerta", "Actieprijs",
        "Cena promocyjna", "Preço promocional", "Цена распродажи", "İndirimli satış fiyatı", "セール価格", "Reapris",
    ),
    "price": (
        "Regulärer Preis", "Normaler Preis", "Tarif régulier", "Prix régulier", "Precio normal", "Precio regular",
        "Prezzo di listino", "Reguliere prijs", "Cena", "Preço", "Базовая цена", "Normal fiyat", "標準価格", "Ordinarie pris",
    ),
    "categories": ("Kategorien", "Catégories", "Categorías", "Categorie", "Categorieën", "Kategorie", "Categorias", "Категории", "Kategoriler", "カテゴリー", "Kategorier"),
    "tags": ("Schlagwörter", "Étiquettes", "Etiquetas", "Etichette", "Tagi", "Метки", "Etiketler", "タグ", "Etiketter"),
    "images": ("Bilder", "Imágenes", "Immagine", "Immagini", "Afbeeldingen", "Obrazki", "Imagens", "Изображения", "Görseller", "画像"),
    "brand": ("Marken", "Marques", "Marcas", "Marchi", "Merken", "Marki", "Бренды", "Markalar", "ブランド", "Varumärken"),
    "parent": (
        "Übergeordnetes Produkt", "Eltern", "Superior", "Genitore", "Hoofd", "Element nadrzędny", "Ascendente",
        "Produto ascendente", "Родительский", "Ebeveyn", "親", "Överordnad",
    ),
    "featured": (
        "Ist hervorgehoben?", "Hervorgehoben?", "Mis en avant ?", "¿Está destacado?", "Destacado", "In primo piano?",
        "Uitgelicht?", "Wyróżniony produkt?", "Em destaque?", "рекомендуемый?", "Öne çıkan?", "オススメですか ?",
        "Är utvald?",
    ),
    "sold_individually": (
        "Nur einzeln verkaufen?", "Einzeln verkauft?", "Vendre individuellement ?", "¿Vendido individualmente?",
        "Venduto singolarmente?", "Wordt individueel verkocht?", "Sprzedawany pojedynczo?", "Vendido individualmente?",
        "Продано индивидуально?", "Ayrı ayrı mı satılıyor?", "個別に販売しますか ?", "Säljes styckvis?",
    ),
    "reviews": (
        "Kundenrezensionen erlauben?", "Kundenbewertungen erlauben?", "Autoriser les avis clients ?",
        "¿Permitir valoraciones de clientes?", "Permetti le recensioni clienti?", "Klantbeoordelingen toestaan?",
        "Włącz opinie klientów?", "Permitir avaliações de clientes?", "Разрешить отзывы от клиентов?",
        "Müşteri değerlendirmelerine izin verilsin mi?", "カスタマーレビューを許可しますか ?", "Tillåt kundrecensioner?",
    ),
    "purchase_note": (
        "Hinweis zum Kauf", "Kaufhinweis", "Note de commande", "Nota de compra", "Nota di acquisto", "Aankoopnotitie",
        "Notatka do zakupu", "Observação de compra", "Примечание к покупке", "Satın alma notu", "注意事項", "Köpnotering",
    ),
    "shipping_class": (
        "Versandklasse", "Classe d’expédition", "Clase de envío", "Classe di spedizione", "Verzendklasse",
        "Klasa wysyłkowa", "Classe de entrega", "Класс доставки", "Gönderim sınıfı", "配送クラス", "Fraktklass",
    ),
    "downloads": (
        "Downloadlimit", "Download-Limit", "Ablauftage des Downloads", "Download-Ablauf (Tage)",
        "Limite de téléchargement", "Jours d’expiration du téléchargement", "Límite de descargas",
        "Días de caducidad de la descarga", "Limite di download", "Scarica i giorni di scadenza", "Downloadlimiet",
        "Dagen vervaltijd download", "Limit pobrań", "Ważność pobierania", "Limite de downloads",
        "Dias para expirar o download", "Лимит загрузок", "Число дней до просроченной загрузки", "İndirme sınırı",
        "İndirme sona erme günü", "ダウンロード制限", "ダウンロード有効期限日",
    ),
    "grouped": (
        "Gruppierte Produkte", "Groupes de produits", "Produits groupés", "Productos agrupados", "Prodotti raggruppati",
        "Gegroepeerde producten", "Produkty grupowe", "Grupo de produtos", "Сгруппированные товары",
        "Gruplanmış ürünler", "セット販売商品", "Grupperade produkter",
    ),
    "upsells": (
        "Zusatzverkäufe", "Produits suggérés", "Montée en gamme", "Ventas dirigidas", "Up-sell",
        'Produkty "up-sell"', "Апсейл", "Yukarı satışlar", "アップセル", "Merförsäljning",
    ),
    "cross_sells": (
        "Cross-Sells (Querverkäufe)", "Ventes croisées", "Ventas cruzadas", "Cross-sell", 'Produkty "Cross-sell"',
        "Venda cruzada", "Кросселы", "Çapraz satışlar", "クロスセル", "Korsförsäljning",
    ),
    "external_url": (
        "Externe URL", "URL externe", "URL externa", "URL esterna", "Zewnętrzny adres URL", "Внешний URL",
        "Harici URL", "外部 URL", "Extern URL",
    ),
    "button_text": (
        "Button-Text", "Libellé du bouton", "Texte du bouton", "Texto del botón", "Testo del pulsante", "Knop tekst",
        "Tekst przycisku", "Texto do botão", "Текст кнопки", "Düğme metni", "ボタンのテキスト", "Knapptext",
    ),
    "position": ("Posición", "Posizione", "Positie", "Pozycja", "Posição", "Позиция", "Konum", "位置"),
    "attribute#_name": (
        "Attribut # Name", "Name des Attributs #", "Nom de l'attribut #", "Nombre del atributo #", "Attributo # nome",
        "Naam eigenschap #", "Nazwa atrybutu #", "Nome do atributo #", "Имя атрибута #", "Nitelik # ismi", "属性 # 名前",
        "属性 # 名", "Attribut # namn",
    ),
    "attribute#_values": (
        "Attribut # Wert(e)", "Valeur(s) de l'attribut #", "Valor(es) del atributo #", "Attributo # valore(i)",
        "Attributo # valuta(e)", "Waarde eigenschap #", "Wartości atrybutu #", "Valores do atributo #",
        "Значение(-я) атрибута(-ов) #", "Значение(-я) аттрибута(-ов) #", "Nitelik # değer(ler)i", "属性 # の値", "属性 # 値",
        "Attribut # värde(n)",
    ),
    "attribute#_visible": (
        "Attribut # Sichtbar", "Attribut # visible", "Atributo visible #", "Atributo # visible", "Attributo # visibile",
        "Zichtbare eigenschap #", "Atrybut # widoczny", "Visibilidade do atributo #", "Видимость атрибута #",
        "Nitelik # görünür", "属性 # の表示", "Attribut # synligt",
    ),
    "attribute#_global": (
        "Attribut # Global", "Atributo global #", "Atributo # global", "Attributo # globale", "Globale eigenschap #",
        "Atrybut #: globalny", "Глобальный атрибут #", "Nitelik # genel", "属性 # グローバル", "Attribut # globalt",
    ),
    "attribute#_default": (
        "Attribut # Standard", "Attribut # par défaut", "Atributo # por defecto", "Attributo # predefinito",
        "Standaardeigenschap #", "Domyślny atrybut #", "Atributo padrão #", "Атрибут по умолчанию #",
        "Nitelik # varsayılan", "属性 # 初期設定", "Attribut # standard",
    ),
}  # fmt: skip

# Words for yes and no in these languages.
YES = frozenset({
    "1", "true", "yes", "y", "on", "x", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero", "sì", "waar",
    "prawda", "tak", "verdadeiro", "sim", "истина", "да", "doğru", "evet", "はい", "sant",
})  # fmt: skip
NO = frozenset({
    "0", "-1", "false", "no", "n", "off", "falsch", "nein", "faux", "non", "falso", "nee", "onwaar", "fałsz", "nie",
    "não", "nao", "ложь", "нет", "yanlış", "hayır", "いいえ", "falskt", "nej",
})  # fmt: skip
