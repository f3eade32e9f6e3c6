package library

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// cursor is where a page of a list has ended. Clients see an opaque string.
type cursor struct {
	// Query is the fingerprint of the list.
	Query string `json:"q"`
	// CreatedAt and ID are of the last row of the page; lists by name have no CreatedAt.
	CreatedAt int64  `json:"t,omitempty"`
	ID        string `json:"i"`
}

// String is the opaque form.
func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // Strings and numbers can always be marshalled.
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads the opaque form. Nil is the beginning of the list.
func parseCursor(opaque, query string) (*cursor, error) {
	if opaque == "" {
		return nil, nil
	}
	c := &cursor{}
	b, err := base64.RawURLEncoding.DecodeString(opaque)
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil || !storable(c.ID) {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
	}
	if c.Query != query {
		return nil, problem.BadRequest("Invalid value for parameter next_cursor: it belongs to another query")
	}
	return c, nil
}

// name is what the last page of a list by name ended with, empty at the beginning.
func (c *cursor) name() string {
	if c == nil {
		return ""
	}
	return c.ID
}

// after orders query by age and selects what comes after c. Table and id name the columns that are compared.
func (c *cursor) after(query *bun.SelectQuery, table schema.Ident, id string, ascending bool) *bun.SelectQuery {
	direction, comparison := "DESC", "<"
	if ascending {
		direction, comparison = "ASC", ">"
	}
	if c != nil {
		query = query.Where("(?.created_at, ?.?) ? (?, ?)", table, table, bun.Ident(id), bun.Safe(comparison), c.CreatedAt, c.ID)
	}
	return query.OrderExpr("?.created_at ?, ?.? ?", table, bun.Safe(direction), table, bun.Ident(id), bun.Safe(direction))
}

// fingerprint identifies a query: everything but the position and the size of the page.
func (o ListOptions) fingerprint() string {
	o.MaxResults, o.Cursor = 0, ""
	return fingerprint("assets", o)
}

// fingerprint shortens what a list is made of.
func fingerprint(list string, query any) string {
	b, err := json.Marshal([]any{list, query})
	if err != nil {
		panic(err) // Strings and booleans can always be marshalled.
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
