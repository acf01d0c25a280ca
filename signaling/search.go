package signaling

import (
	"context"
	"net/http"
	"strconv"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

func (sess *session) search(ctx context.Context, r chat.SearchRequest) (any, error) {
	return sess.server.cfg.Chat.Search(ctx, sess.who(), r)
}

func (s *Server) getSearch(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	search := chat.SearchRequest{
		Text: q.Get("q"), ChannelID: q.Get("channelId"), SenderID: q.Get("senderId"), ParentID: q.Get("parentMessageId"),
		FileType: q.Get("fileType"), After: q.Get("after"), Before: q.Get("before"), On: q.Get("on"), Cursor: q.Get("cursor"),
	}
	for field, to := range map[string]*bool{
		"hasFile": &search.HasFile, "hasLink": &search.HasLink, "isPinned": &search.Pinned, "inThread": &search.InThread,
	} {
		text := q.Get(field)
		if text == "" {
			continue
		}
		var err error
		if *to, err = strconv.ParseBool(text); err != nil {
			return nil, fault.Newf(fault.Invalid, "bad_request", "%s is true or false.", field).With("field", field)
		}
	}
	return s.cfg.Chat.Search(r.Context(), who, search)
}

func (s *Server) getSuggestions(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.Suggest(r.Context(), who, r.URL.Query().Get("q"))
}
