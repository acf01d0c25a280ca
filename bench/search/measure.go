package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/store/postgres"
)

// question is one sort of query.
type question struct {
	name string
	ask  func(ctx context.Context, s *postgres.ChatStore, user int, r *rand.Rand) (found int, err error)
}

func searching(words func(r *rand.Rand) chat.SearchQuery) func(context.Context, *postgres.ChatStore, int, *rand.Rand) (int, error) {
	return func(ctx context.Context, s *postgres.ChatStore, user int, r *rand.Rand) (int, error) {
		q := words(r)
		q.UserID, q.Internal, q.Limit = userID(user), true, 20
		hits, _, err := s.Search(ctx, q)
		return len(hits), err
	}
}

// ranked is a word of about this frequency.
func ranked(r *rand.Rand, from, to int) string { return word(from + r.IntN(to-from)) }

func questions(channels int) []question {
	return []question{
		{"history: newest page", func(ctx context.Context, s *postgres.ChatStore, _ int, r *rand.Rand) (int, error) {
			p, err := s.History(ctx, chat.HistoryQuery{ChannelID: channelID(r.IntN(channels)), After: -1, Limit: 50})
			return len(p.Messages), err
		}},
		{"history: page in the middle", func(ctx context.Context, s *postgres.ChatStore, _ int, r *rand.Rand) (int, error) {
			p, err := s.History(ctx, chat.HistoryQuery{ChannelID: channelID(r.IntN(channels)), Before: 1 + r.Int64N(2000), After: -1, Limit: 50})
			return len(p.Messages), err
		}},
		{"unread counts of all channels", func(ctx context.Context, s *postgres.ChatStore, user int, _ *rand.Rand) (int, error) {
			all, err := s.Standings(ctx, userID(user), nil)
			return len(all), err
		}},
		{"search: common word", searching(func(r *rand.Rand) chat.SearchQuery { return chat.SearchQuery{Words: ranked(r, 30, 60)} })},
		{"search: middling word", searching(func(r *rand.Rand) chat.SearchQuery { return chat.SearchQuery{Words: ranked(r, 300, 3000)} })},
		{"search: rare word", searching(func(r *rand.Rand) chat.SearchQuery { return chat.SearchQuery{Words: ranked(r, 20_000, vocabulary)} })},
		{"search: two middling words", searching(func(r *rand.Rand) chat.SearchQuery {
			return chat.SearchQuery{Words: ranked(r, 60, 600) + " " + ranked(r, 60, 600)}
		})},
		{"search: beginning of a word", searching(func(r *rand.Rand) chat.SearchQuery {
			w := ranked(r, 3000, vocabulary)[:4]
			return chat.SearchQuery{Words: w, Last: w}
		})},
		{"search: word from one sender", searching(func(r *rand.Rand) chat.SearchQuery {
			return chat.SearchQuery{Words: ranked(r, 60, 3000), Filter: chat.SearchFilter{SenderID: userID(r.IntN(100))}}
		})},
		{"search: word in one channel", searching(func(r *rand.Rand) chat.SearchQuery {
			return chat.SearchQuery{Words: ranked(r, 60, 3000), Filter: chat.SearchFilter{ChannelID: channelID(r.IntN(channels))}}
		})},
		{"search: word of a month long ago", searching(func(r *rand.Rand) chat.SearchQuery {
			to := time.Now().AddDate(0, 0, -40)
			return chat.SearchQuery{Words: ranked(r, 60, 3000), Filter: chat.SearchFilter{From: to.AddDate(0, -1, 0), To: to}}
		})},
		{"search: nothing found", searching(func(*rand.Rand) chat.SearchQuery { return chat.SearchQuery{Words: "qqqq"} })},
		{"search: part of a word", searching(func(r *rand.Rand) chat.SearchQuery {
			w := ranked(r, 5000, vocabulary)
			return chat.SearchQuery{Parts: [][]string{{w[1 : len(w)-1]}}, Filter: chat.SearchFilter{From: time.Now().AddDate(0, 0, -90)}}
		})},
		{"search: two letters", searching(func(*rand.Rand) chat.SearchQuery {
			return chat.SearchQuery{Parts: [][]string{{"xq"}}, Filter: chat.SearchFilter{From: time.Now().AddDate(0, 0, -90)}}
		})},
	}
}

func measure(ctx context.Context, db *postgres.DB, f filler) error {
	fmt.Printf("| %d messages | p50 ms | p95 ms | max ms | found on average |\n|---|---|---|---|---|\n", f.messages)
	s := db.Chat()
	for _, q := range questions(f.channels) {
		r := rand.New(rand.NewPCG(7, 7))
		times, found := make([]time.Duration, 0, f.queries), 0
		for i := range f.queries {
			begun := time.Now()
			n, err := q.ask(ctx, s, i%f.users, r)
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			times, found = append(times, time.Since(begun)), found+n
		}
		slices.Sort(times)
		at := func(p int) float64 { return float64(times[min(len(times)-1, len(times)*p/100)].Microseconds()) / 1000 }
		fmt.Printf("| %s | %.1f | %.1f | %.1f | %.1f |\n", q.name, at(50), at(95), at(100), float64(found)/float64(f.queries))
	}
	return nil
}
