package postgres

import (
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
)

// Signs in message_search.words that stand for no word of a text. Their first character is in no word.
const (
	markChannel  = "\x01c"
	markSender   = "\x01s"
	markThread   = "\x01t"
	markFileType = "\x01m"
	markReply    = "\x01r"
	markFile     = "\x01f"
	markLink     = "\x01l"
	markPinned   = "\x01p"
)

// indexed is a message as it is indexed.
type indexed struct {
	id, channelID, senderID, parentID, body string
	at                                      time.Time
	deleted, system, pinned, preview        bool
	attachments                             []attachment
}

type attachment struct {
	Name string `json:"fileName"`
	Type string `json:"mimeType"`
}

// text is what of a message can be found: its words, and the names of its files.
func (m *indexed) text() string {
	text := m.body
	for _, a := range m.attachments {
		text += "\n" + a.Name
	}
	return chat.Fold(text)
}

func (m *indexed) marks() []string {
	marks := []string{markChannel + m.channelID, markSender + quoteMark(m.senderID)}
	if m.parentID != "" {
		marks = append(marks, markReply, markThread+m.parentID)
	}
	if m.pinned {
		marks = append(marks, markPinned)
	}
	if chat.FirstLink(m.body) != "" {
		marks = append(marks, markLink)
	}
	if len(m.attachments) > 0 {
		marks = append(marks, markFile)
	}
	seen := map[string]bool{}
	for _, a := range m.attachments {
		whole := quoteMark(strings.ToLower(a.Type))
		class, _, _ := strings.Cut(whole, "/")
		for _, t := range []string{whole, class} {
			if t != "" && !seen[t] {
				seen[t] = true
				marks = append(marks, markFileType+t)
			}
		}
	}
	return marks
}

// quoteMark makes a text that comes from elsewhere fit to be a part of a sign: ids of users are opaque.
func quoteMark(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "\t", "%09", "\n", "%0a").Replace(strings.ToValidUTF8(s[:min(len(s), 300)], ""))
}
