package main

import (
	"github.com/digierapro/parley/internal/job"
	"github.com/digierapro/parley/internal/outbound"
)

// jobHandlers are all that this program does outside of requests.
func (n *node) jobHandlers(db *database) []job.Handler {
	handlers := []job.Handler{db.Pruning(), n.chat.Sending(), n.chat.RemovingPictures()}
	if n.cfg.Chat.LinkPreviews {
		client := outbound.New(outbound.Config{Own: publicIPs(n.cfg), UserAgent: "Parley link preview"})
		handlers = append(handlers, n.chat.Previewing(client))
	}
	return handlers
}
