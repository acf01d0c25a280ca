package signaling

import "github.com/digierapro/parley/internal/fault"

// searchPart is finding messages, people and channels.
var searchPart = part{
	requests: map[string]request{
		"search": on(searchLane, "Find messages in one's channels, the latest first, 20 a page. `q` is up to 500 characters and 64 words, of which the last may be only begun; in any case and without accents; words in quotation marks stand together, `or` is either, a minus before a word excludes it. Where no whole word is found, and in scripts without spaces, parts of words are, of the last 90 days unless a time is given. Filters narrow it, alone too: `channelId`, `senderId`, `after`, `before`, `on` (a day of UTC, or a time), `hasFile`, `fileType` (`image`, `video`, `audio`, or a media type), `hasLink`, `isPinned`, `inThread`, `parentMessageId`. `highlight` is HTML: the message's text around what was found, escaped, with matches in `<mark>`. `cursor` of the answer is for the next page. A message is found about a second after it was sent.", (*session).search),
	},
	paths: []restPath{
		{"GET /api/communications/search", "As the event `search`.", (*Server).getSearch},
		{"GET /api/communications/search/suggest", "What somebody who types may mean by `q`: their channels, and people they may know of, at most 8 of each.", (*Server).getSuggestions},
	},
	errors: []errorRow{
		{"search_too_slow", fault.Unavailable, "The search took longer than 2 seconds: narrow it."},
	},
}
