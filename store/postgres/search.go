package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/digierapro/parley/chat"
)

const (
	searchConns   = 4 // at a time, beside all others, so that searches hold nobody up
	searchTimeout = 2 * time.Second
	queryCanceled = "57014"

	// probeRows is how many of the newest messages are looked at one by one. A word that stands in so many of them that a
	// page is full is found at once; any other is rare enough for the index.
	probeRows = 20_000
	// scanRows is how many are looked at for parts of words that the index of three letters cannot find.
	scanRows = 50_000
	// maxNamedChannels is up to how many channels a search names to the index; who is in more sees so much that the probe
	// finds what is common.
	maxNamedChannels = 300
)

// newSearchPool makes the pool for searches; it has no connection until one is needed.
func newSearchPool(cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	cfg = cfg.Copy()
	cfg.MaxConns, cfg.MinConns, cfg.MaxConnIdleTime = searchConns, 0, time.Minute
	return pgxpool.NewWithConfig(context.Background(), cfg)
}

// Search returns a page of hits, the latest first.
func (s *ChatStore) Search(ctx context.Context, q chat.SearchQuery) (hits []chat.Hit, hasMore bool, err error) {
	err = s.db.do(ctx, "search", func(ctx context.Context) error {
		return pgx.BeginTxFunc(ctx, s.db.searchPool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			hits, hasMore, err = s.search(ctx, tx, q)
			if sqlCode(err) == queryCanceled && ctx.Err() == nil {
				return chat.ErrSearchTooSlow
			}
			return err
		})
	})
	return hits, hasMore, err
}

func (s *ChatStore) search(ctx context.Context, tx pgx.Tx, q chat.SearchQuery) ([]chat.Hit, bool, error) {
	trigrams, channels, err := s.beginSearch(ctx, tx, q)
	if err != nil {
		return nil, false, err
	}
	b := newSearch(q, s.db.searchLanguage)
	limit := bounded(q.Limit, maxHistory)
	var ids []string
	newestOnes, all := b.probe(), ""
	if len(q.Parts) > 0 {
		newestOnes, all = b.parts(trigrams)
	} else {
		all = b.indexed(channels)
	}
	if ids, err = b.rows(ctx, tx, newestOnes, limit+1); err == nil && len(ids) <= limit && all != "" {
		ids, err = b.rows(ctx, tx, all, limit+1)
	}
	if err != nil {
		return nil, false, err
	}
	hasMore := len(ids) > limit
	hits, err := b.hits(ctx, tx, ids[:min(len(ids), limit)])
	return hits, hasMore, err
}

// beginSearch sets the bounds of the transaction, and reads what a search needs to know: whether there is an index of
// three letters, and the user's channels.
func (s *ChatStore) beginSearch(ctx context.Context, tx pgx.Tx, q chat.SearchQuery) (trigrams bool, channels []string, err error) {
	batch := &pgx.Batch{}
	batch.Queue(fmt.Sprintf(`SET LOCAL statement_timeout = %d`, searchTimeout.Milliseconds()))
	batch.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`) // a word is rare or common; one plan does not fit both
	batch.Queue(`SET LOCAL jit = off`)
	batch.Queue(`SET LOCAL enable_seqscan = off`)
	batch.Queue(`SELECT to_regclass('message_search_substring') IS NOT NULL,
		(SELECT coalesce(array_agg(channel_id), '{}') FROM (SELECT channel_id FROM channel_members WHERE user_id = $1 LIMIT $2) c)`,
		q.UserID, maxNamedChannels+1).QueryRow(func(row pgx.Row) error { return row.Scan(&trigrams, &channels) })
	return trigrams, channels, tx.SendBatch(ctx, batch).Close()
}

// search builds the statements of one search.
type search struct {
	q       chat.SearchQuery
	args    pgx.NamedArgs
	text    string // SQL of a tsquery of the words; "" for none
	filters []string
}

func newSearch(q chat.SearchQuery, language string) *search {
	b := &search{q: q, args: pgx.NamedArgs{
		"user": q.UserID, "internal": q.Internal, "words": q.Words, "language": language, "channel": q.Filter.ChannelID,
		"from": orTime(q.Filter.From, time.Unix(0, 0)), "to": orTime(q.Filter.To, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)),
		"at": orTime(q.Before.At, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), "id": q.Before.MessageID,
	}}
	if q.Words != "" {
		b.text = `(websearch_to_tsquery('simple', @words)`
		if !strings.Contains(q.Words, `"`) { // words in quotation marks are meant as they are
			b.text += ` || websearch_to_tsquery(@language::regconfig, @words)`
		}
		if q.Last != "" {
			b.args["head"], b.args["last"] = strings.TrimSpace(strings.TrimSuffix(q.Words, q.Last)), tsQuote(q.Last)+":*"
			b.text += ` || (websearch_to_tsquery('simple', @head) && @last::tsquery)`
		}
		b.text += `)`
	}
	b.filters = filterMarks(q.Filter)
	return b
}

func filterMarks(f chat.SearchFilter) (marks []string) {
	for _, m := range []struct {
		on   bool
		mark string
	}{
		{f.ChannelID != "", markChannel + f.ChannelID}, {f.SenderID != "", markSender + quoteMark(f.SenderID)},
		{f.ParentID != "", markThread + f.ParentID}, {f.FileType != "", markFileType + quoteMark(f.FileType)},
		{f.HasFile, markFile}, {f.HasLink, markLink}, {f.Pinned, markPinned}, {f.InThread, markReply},
	} {
		if m.on {
			marks = append(marks, tsQuote(m.mark))
		}
	}
	return marks
}

// condition is the SQL of the whole tsquery, with more signs of which one must be there.
func (b *search) condition(name string, anyOf []string) string {
	marks := b.filters
	if len(anyOf) > 0 {
		marks = append(marks[:len(marks):len(marks)], "("+strings.Join(anyOf, "|")+")")
	}
	var parts []string
	if b.text != "" {
		parts = append(parts, b.text)
	}
	if b.q.Without != "" {
		b.args["without"] = b.q.Without
		parts = append(parts, "!!websearch_to_tsquery('simple', @without)")
	}
	if len(marks) > 0 {
		b.args[name] = strings.Join(marks, "&")
		parts = append(parts, "@"+name+"::tsquery")
	}
	where := "true"
	if len(parts) > 0 {
		where = "s.words @@ (" + strings.Join(parts, " && ") + ")"
	}
	for i, part := range b.q.NoParts {
		where += " AND s.body NOT LIKE @" + b.like(fmt.Sprint("no", i), part)
	}
	return where
}

// like names the pattern of a text that stands anywhere.
func (b *search) like(name, part string) string {
	b.args[name] = "%" + likeQuote.Replace(part) + "%"
	return name
}

const (
	// inTime bounds a search by its times and by the page before.
	inTime = `s.created_at >= @from AND s.created_at < @to AND (s.created_at, s.message_id) < (@at, @id)`
	// permitted joins the searcher's own channels, before anything is cut off.
	permitted = ` JOIN channel_members me ON me.channel_id = s.channel_id AND me.user_id = @user AND (@internal OR NOT me.channel_internal) `
	newest    = ` ORDER BY s.created_at DESC, s.message_id DESC `
)

func (b *search) inChannel() string {
	if b.q.Filter.ChannelID != "" {
		return " AND s.channel_id = @channel "
	}
	return ""
}

// probe looks at the newest messages one by one.
func (b *search) probe() string { return b.amongNewest(probeRows, b.condition("probed", nil)) }

func (b *search) amongNewest(n int, where string) string {
	return `SELECT s.message_id FROM (SELECT * FROM message_search s WHERE ` + inTime + b.inChannel() + newest + fmt.Sprintf(`LIMIT %d) s`, n) +
		permitted + `WHERE ` + where
}

// indexed asks the index of words for all of them, which are few: else the probe would have found a page.
func (b *search) indexed(channels []string) string {
	var named []string
	if b.q.Filter.ChannelID == "" && len(channels) <= maxNamedChannels {
		for _, c := range channels {
			named = append(named, tsQuote(markChannel+c))
		}
	}
	return `WITH found AS MATERIALIZED (SELECT s.message_id, s.channel_id, s.created_at FROM message_search s WHERE ` +
		b.condition("indexed", named) + ` AND ` + inTime + `) SELECT s.message_id FROM found s` + permitted
}

// parts looks for texts that stand anywhere: among the newest messages, and then in all by an index of three letters,
// which finds texts of three and more. For others, and without it, more of the newest are looked at and nothing else.
func (b *search) parts(trigrams bool) (newestOnes, all string) {
	var either []string
	for i, together := range b.q.Parts {
		var all []string
		for k, part := range together {
			all = append(all, "s.body LIKE @"+b.like(fmt.Sprintf("part%d_%d", i, k), part))
			trigrams = trigrams && len([]rune(part)) >= 3
		}
		either = append(either, strings.Join(all, " AND "))
	}
	where := "(" + strings.Join(either, " OR ") + ") AND " + b.condition("filters", nil)
	if !trigrams {
		return b.amongNewest(scanRows, where), ""
	}
	return b.amongNewest(probeRows, where), `WITH found AS MATERIALIZED (SELECT s.message_id, s.channel_id, s.created_at FROM message_search s WHERE ` + where +
		` AND ` + inTime + b.inChannel() + `) SELECT s.message_id FROM found s` + permitted
}

var likeQuote = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// tsQuote makes a text one word of a tsquery, whatever it holds.
func tsQuote(s string) string {
	return `'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + `'`
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

func (b *search) rows(ctx context.Context, tx pgx.Tx, sql string, limit int) ([]string, error) {
	rows, err := tx.Query(ctx, sql+newest+fmt.Sprintf("LIMIT %d", limit), b.args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
