package words

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatIsFound(t *testing.T) {
	f := New([]Entry{{"darn", Mask}, {"blast*", Mask}, {"go away", Block}, {"secret", Flag}, {"畜生", Mask}, {"ass", Block}, {"", Block}, {"*", Block}})
	for _, tt := range []struct {
		text, want string
		action     Action
	}{
		{"Nothing to see.", "Nothing to see.", ""},
		{"Darn it, DARN.", "**** it, ****.", Mask},
		{"darning socks", "darning socks", ""},
		{"blast! blasted", "*****! *****ed", Mask},
		{"d\u200ba\u00adr\u2060n", "*******", Mask},
		{"ｄａｒｎ", "****", Mask},
		{"dаrn", "****", Mask}, // a Cyrillic letter
		{"d4rn d@rn", "**** ****", Mask},
		{"$darn d4rn$ x$darn$ a$$", "$**** ****$ x$****$ a$$", Block},
		{"d\u0335a\u0335r\u0335n\u0335", "********", Mask},
		{"𝐝𝐚𝐫𝐧", "****", Mask},
		{"ᴅᴀʀɴ 🅳🅰🆁🅽 🅓🅐🅡🅝", "**** **** ****", Mask},
		{"d\u3164a\uffa0r\u2800n", "*******", Mask},                                         // signs that fill a place and are not seen
		{"d\u0001a\u007fr\u0085n \u001bd\barn", "d\u0001a\u007fr\u0085n \u001b*****", Mask}, // U+0085 ends a line
		{"d\u2065a\U000e0080r\ufff0n", "*******", Mask},                                     // that are none yet, and not drawn
		{"ok 🆗 🆎", "ok 🆗 🆎", ""},
		{"please Go  away.", "please Go  away.", Block},
		{"it is a secret", "it is a secret", Flag},
		{"这畜生啊", "这**啊", Mask},
		{"a classic assessment by the bass", "a classic assessment by the bass", ""},
		{"call 455, room 4", "call 455, room 4", ""},
		{"@darn is here, darn! (darn)", "@**** is here, ****! (****)", Mask},
		{"a55", "a55", Block},
		{"go\n\naway", "go\n\naway", Block},
		{"Scunthorpe", "Scunthorpe", ""},
		{"ſecret", "ſecret", Flag},
		{"d**a**rn d*ar*n ~~da~~rn da`r`n", "******** ****** ~~****** ******", Mask}, // shown as the word
		{"darn*it* and **so**darn, da***", "*****it* and **so******, da***", Mask},
		{"go ***aw***ay", "go ***aw***ay", Block},
		{"go ~~away~~", "go ~~away~~", Block},
		{"~~darn~~ `so`", "~~****~~ `so`", Mask},
		{"5*4 a * b, **darn** *s*o", "5*4 a * b, ******** *s*o", Mask},
		{"da[r](http://x)n da[](http://x)rn dar[n](http://x)", "**************** **************** ****************", Mask},
		{"[darn](http://x) [so](http://darn)", "[****](http://x) [so](http://****)", Mask},
		{"da![r](http://x/(a)b)n da[r](<x y> 'a (')n da[r]( x \"(\" )n", strings.Repeat("*", 22) + " ******************* ***************", Mask},
		{"[[go [a](x)[w](y)ay]", "[[go [a](x)[w](y)ay]", Block},
		{"go [awa](x \"(\" y)y [a](", "go [awa](x \"(\" y)y [a](", ""},
		{"go\\\naway", "go\\\naway", Block},
		{"a\\$s", "a\\$s", Block},
		{"\\[da\\[r](http://x)n", "\\[da\\[r](http://x)n", ""}, // no link
		{"d&#97;rn d&#x61;r&#8203;n &#5;&#;&", "******** **************** &#5;&#;&", Mask},
		{"&#97;d[](x)arn&#97;", "&#97;*********&#97;", Mask}, // shown as it is
		{"_darn_ da_r_n da**r**_n_ d**4**rn", "_****_ da_r_n *********_ ********", Mask},
		{"snake_ass_case", "snake_ass_case", ""},
		{"\xff\xfe darn \xff", "\xff\xfe **** \xff", Mask},
	} {
		got := f.Check(tt.text)
		if got.Text != tt.want || got.Action != tt.action {
			t.Errorf("%q: got %q (%s), want %q (%s)", tt.text, got.Text, got.Action, tt.want, tt.action)
		}
	}
	if got := New(nil).Check("anything"); got.Action != "" || got.Text != "anything" {
		t.Errorf("an empty filter: %+v", got)
	}
}

func TestTheStricterOfTwoEntriesHolds(t *testing.T) {
	f := New([]Entry{{"darn", Flag}, {"DARN", Block}, {"darn", Mask}})
	if got := f.Check("darn"); got.Action != Block {
		t.Errorf("%+v", got)
	}
}

// nasty makes lists and a text of a megabyte that cost the most: words that are each other's beginnings and ends, and a text
// that keeps almost being all of them.
func nasty() (*Filter, string) {
	var entries []Entry
	for n := 1; n <= MaxWord; n++ {
		entries = append(entries, Entry{strings.Repeat("a", n) + "b", Mask}, Entry{strings.Repeat("生", n) + "死", Flag})
	}
	for i := range MaxWords - len(entries) {
		entries = append(entries, Entry{fmt.Sprintf("aaab%dа", i), Block})
	}
	return New(entries), strings.Repeat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 生生生生生生生生生生生生生生生生 a a", 1<<20/100)
}

func TestTheTimeGrowsWithTheTextAlone(t *testing.T) {
	f, text := nasty()
	for _, link := range []string{"[a](", "](", "[a](a (", "[a](<", `[a](a "`, "[", "[a](x)", "&#97;", `\`} {
		text := strings.Repeat(link, 1<<17/len(link))
		if steps, most := f.Check(text).Steps, 8*len(text); steps > most {
			t.Errorf("%d steps for a great deal of %q", steps, link)
		}
	}
	whole, half := f.Check(text).Steps, f.Check(text[:len(text)/2]).Steps
	if most := 2*len(text) + 10; whole > most {
		t.Errorf("%d steps for %d letters, at most %d", whole, len(text), most)
	}
	if whole > 2*half+10 {
		t.Errorf("%d steps for a megabyte, %d for half of it", whole, half)
	}
}

func FuzzCheck(f *testing.F) {
	filter := New([]Entry{{"darn", Mask}, {"blast*", Mask}, {"go away", Mask}, {"畜生", Mask}, {"é", Mask}})
	for _, seed := range []string{"darn", "d\u200barn", "e\u0301", "ﬁ", "\xff", "한글", "go away", "\u0301\u0301", "da[r](x)n", `![[a](<b> "c")](d\)`, "&#97;_b_"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := filter.Check(text)
		if utf8.ValidString(text) != utf8.ValidString(got.Text) || utf8.RuneCountInString(got.Text) != utf8.RuneCountInString(text) {
			t.Errorf("%q became %q", text, got.Text)
		}
		if again := filter.Check(got.Text); again.Action == Mask && again.Text != got.Text {
			t.Errorf("%q still has a word: %q", got.Text, again.Text)
		}
	})
}

func BenchmarkCheckAMegabyte(b *testing.B) {
	f, bad := nasty()
	b.Run("worst", func(b *testing.B) {
		b.SetBytes(int64(len(bad)))
		for b.Loop() {
			f.Check(bad)
		}
	})
	prose := strings.Repeat("The quote for Acme is out, and Zoë asks “when?” – soon. ", 1<<20/60)
	b.Run("prose", func(b *testing.B) {
		b.SetBytes(int64(len(prose)))
		for b.Loop() {
			f.Check(prose)
		}
	})
	accents := strings.Repeat("ăа̊é한", 1<<20/11)
	b.Run("marks", func(b *testing.B) {
		b.SetBytes(int64(len(accents)))
		for b.Loop() {
			f.Check(accents)
		}
	})
}
