"""Review texts of Northlight's favourites: (stars, title, text) by product, without repetitions."""

SAID: dict[str, tuple[tuple[int, str, str], ...]] = {
    "harbour-kettle": (
        (5, "Pours where I point it", "No more puddle around the filter. It is on the hob ten times a day and the enamel is spotless."),
        (4, "Lovely, and heavy when full", "I fill it to two thirds and am happy. The wooden handle never gets hot."),
        (5, "Four minutes, as promised", "I timed it on our old gas stove. Quicker than the electric one it replaced."),
        (3, "Whistles late", "Good to look at, good to pour from. It boils for a while before it tells anyone."),
    ),
    "morning-mug": (
        (5, "My favourite of eleven", "The clay one has a dark ring at the foot that no photograph shows. Two fingers fit the handle, three do not."),
        (4, "No two alike is true", "Ours differ by almost a centimetre. We each know our own now, so that has turned out to be useful."),
        (5, "Keeps its heat", "Thick walls, thin lip. Coffee is still warm after the first telephone call."),
        (4, "Small for tea drinkers", "Exactly right for coffee. For a proper mug of tea I would order the tall one."),
    ),
    "linen-cushion": (
        (5, "Softer with every wash", "Stiff for the first week, then it gave in. The zip really is invisible."),
        (4, "Good filling", "Feathers, and none has come through so far. The rust is browner than on my screen."),
        (5, "Three on one sofa", "Sage, sand and rust go together without looking like a set. The dog agrees."),
        (3, "It creases", "That is linen, I know. Iron the cover damp, or learn to like it."),
    ),
    "mushroom-lamp": (
        (5, "The switch is where it should be", "I find it in the dark without knocking anything over. The lowest setting is a night light for our son."),
        (5, "Warm and quiet", "It does not hum, not even dimmed. The mustard shade colours the whole corner."),
        (4, "Buy the bulb with it", "An E14 is not what we had in the drawer. Once lit, it is the best lamp in the house."),
        (4, "Smaller than I pictured", "38 cm is 38 cm; I should have measured. It has moved from the hall to the bedside and belongs there."),
    ),
    "day-pack": (
        (5, "A year of commuting", "Rain every other day and my papers have stayed dry. The straps show no wear."),
        (4, "A pocket short", "Laptop, lunch, jumper: yes. Keys end up at the bottom, as keys do."),
        (5, "Wax it and forget it", "I did it once with a hairdryer and it looks better than new. Even my teenager asks to borrow it."),
        (2, "Not for my shoulders", "Well sewn, but the straps sit too wide on me. Sent back without any trouble."),
    ),
    "bath-towel": (
        (5, "Dry by the morning", "In a bathroom without a window, mind you. The loop has survived two children."),
        (4, "Heavy, in a good way", "It takes up half a machine. After the third wash there was no more fluff."),
        (5, "Hotel at home", "We replaced all of ours at once and gave the old ones to the animal shelter. White is still white."),
        (4, "Order the larger one", "I am tall and wish I had. The middle size is perfect for everyone else here."),
    ),
    "field-notebook": (
        (5, "Lies flat", "That is all I ask of a notebook, and hardly any does it. Fountain pen on both sides, nothing shines through."),
        (4, "Dots just faint enough", "You see them while writing and not when reading. A ribbon would be nice."),
        (5, "On my fourth", "One for each building site. The cover takes mud and can be wiped."),
        (4, "Fits a coat pocket", "Barely, but it does. The forest green is almost black."),
    ),
    "dinner-plate": (
        (5, "The rim does what it says", "Soup, sauce, peas: all of it stays. They fit our small dishwasher, just."),
        (4, "Charcoal shows knife marks", "They come off with a little paste. White would have been the wiser choice for us."),
        (5, "Chipped none yet", "Eight plates, five months, two boys. I have dropped one on tiles and it rang like a bell."),
        (5, "Food looks good on it", "Even scrambled eggs do. My mother has asked where they are from."),
    ),
    "lambswool-blanket": (
        (5, "Worth every cent", "Light for its size and warmer than our duvet. It smelled of sheep for a day, pleasantly."),
        (4, "Sheds a little", "Grey wool on a dark sofa for the first fortnight. Since then nothing."),
        (5, "An heirloom, I suspect", "The edges are bound by hand and the label has the weaver's initials. It will outlive me."),
        (3, "Scratchy on bare skin", "Over a sheet it is wonderful. I had hoped to nap under it without one."),
    ),
    "steel-flask": (
        (5, "Still steaming at noon", "Filled at five for the early shift. The lid has never leaked into my bag."),
        (4, "Mind the first sip", "It keeps the tea far hotter than I was used to. Leave it open for a minute."),
        (5, "Dented and loved", "It rolled down a Norwegian hillside and came back with a scar. Not a degree lost."),
        (4, "A narrow neck", "Ice cubes have to be small. Cleaning is easy with a long brush."),
    ),
    "stacking-rings": (
        (5, "The only toy that stayed out", "Everything else has gone to the cellar. She is two now and has invented eleven orders."),
        (5, "No paint in his mouth", "He has chewed on all five for months. The wood is a bit darker, that is all."),
        (4, "Heavier than plastic", "Toes have suffered. The blue ring is the favourite, by far."),
        (5, "A good present", "I have given it three times. Each time the parents played first."),
    ),
    "terracotta-pot": (
        (5, "The basil lives", "For the first time it has lasted beyond a month. I water less and it does better."),
        (4, "Put something under it", "It sweats, as unglazed pots do. A saucer saved the windowsill."),
        (5, "Survived the frost", "Minus nine, with a rosemary in it. I had forgotten to bring it in."),
        (3, "One came with a crack", "A new one was here two days later. The others are thick and even."),
    ),
    "everyday-pan": (
        (5, "Eggs slide by now", "The first ones stuck, I will not lie. Six weeks of bacon later nothing does."),
        (4, "You need both hands", "Cast iron weighs what it weighs. The steak is worth the exercise."),
        (5, "Threw the coated ones away", "All three of them. This one goes from the hob into the oven and back."),
        (4, "Read the leaflet", "Mine rusted after one night in the sink. A scrub and some oil put it right."),
    ),
    "cook-s-knife": (
        (5, "Tomatoes fall apart by themselves", "I had forgotten what sharp means. The balance is right at the first finger."),
        (5, "It turns grey and that is fine", "The blade has the colours of an oil film now. It takes an edge in two minutes on the stone."),
        (4, "Not for guests", "Somebody put it in the dishwasher. I have hidden it since."),
        (4, "A little blade-heavy", "My wife prefers the utility knife. For onions in quantity there is nothing better."),
    ),
}  # fmt: skip
