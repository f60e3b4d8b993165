/// Common passwords and words: a value that is one is guessed at once, and one within a value counts little.
enum CommonWords {
    /// Whether the whole value is one, with up to four digits or marks behind it (`Password1!`).
    static func isWord(_ value: Folded) -> Bool {
        let word = longest(at: 0, in: value, atLeast: 3)
        guard word > 0, value.count - word <= 4 else { return false }
        return (word..<value.count).allSatisfy { index in
            !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(value[index])
        }
    }

    /// How long the longest word of four letters and more is that begins at `index`; 0 where none does.
    static func length(at index: Int, in value: Folded) -> Int { longest(at: index, in: value, atLeast: 4) }

    private static func longest(at index: Int, in value: Folded, atLeast: Int) -> Int {
        guard index < value.count else { return 0 }
        var longest = 0
        for word in byFirst[value[index], default: []]
        where word.count >= max(atLeast, longest + 1) && value.has(word, at: index) {
            longest = word.count
        }
        return longest
    }

    private static let byFirst = Dictionary(grouping: words.split(separator: " ").map { Array($0.utf8) }) { $0[0] }

    /// Small letters and digits.
    private static let words =
        "000000 111111 112233 121212 123123 123321 1234 12345 123456 1234567 12345678 123456789 1234567890 123qwe "
        + "1q2w3e 1q2w3e4r 1qaz2wsx 654321 666666 696969 abc123 abcd1234 access account admin administrator agent "
        + "alexander amanda america andrew angel animal anonymous apple april asdf asdfgh asdfghjkl august austin autumn "
        + "azerty backup bailey banana baseball basketball batman battery biteme black blue bonjour boston brandon "
        + "buster butter butterfly camera canada carlos casper change changeme charlie cheese chelsea chicken chocolate "
        + "church cisco client cloud coffee computer connect cookie cooper correct corvette credential daemon dallas "
        + "daniel database david debug december default demo deploy dev development diamond docker doctor dolphin "
        + "donald dragon dummy eagle earth elephant email enter falcon family fender ferrari fire fish flower football "
        + "forest forever france freedom friday friend fuckyou gateway george ginger github gitlab google green guest "
        + "guitar hammer hannah happy harley heather hello hockey horse hotdog house hunter iceman iloveyou internet "
        + "jackson january jasmine jennifer jessica johnny jordan joshua juice july june junior justin key "
        + "killer king knight kubernetes lemon letmein liberty linear linux live local login london london1 love lovely "
        + "maggie magic manager march marina market martin master matrix matthew maverick mercedes merlin mexico "
        + "michael michelle mickey midnight monday money monkey monster morning mother mountain music mustang naruto "
        + "network nicole ninja nothing november october office online open openai orange password passw0rd p4ssw0rd "
        + "passwort patrick peanut pepper phoenix player please pokemon postgres prince princess private prod "
        + "production public purple qazwsx qwerty qwertyuiop rabbit rachel rainbow ranger redis richard river robert "
        + "rocket root samantha samsung saturday scooter scorpion secret secure security september server service "
        + "shadow sigilum silver simple smith snoopy soccer social spider spring staging staple star starwars stripe "
        + "student summer sunday sunshine super superman support sweet sword sysadmin system taylor temp tennis test "
        + "tester testing testpass thomas thunder tiger tigger token tokyo travel trustno1 turtle typefully ubuntu "
        + "user username vault victoria viking volcano water webmaster welcome whatever william winner winter wizard "
        + "wolf world yamaha yankees yellow zxcvbn zxcvbnm"
}
