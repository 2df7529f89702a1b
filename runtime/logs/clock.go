package logs

import (
	"sync/atomic"
	"time"
)

// A Clock keeps the texts of the current second, as nginx does, so that a line
// of a log costs no formatting. Its zero value is ready for use.
type Clock struct{ now atomic.Pointer[clockTexts] }

type clockTexts struct {
	unix       int64
	local, iso []byte
}

// Local returns the time as $time_local has it: "28/Sep/1970:12:00:00 +0600".
func (c *Clock) Local(t time.Time) []byte { return c.at(t).local }

// ISO8601 returns the time as $time_iso8601 has it: "1970-09-28T12:00:00+06:00".
func (c *Clock) ISO8601(t time.Time) []byte { return c.at(t).iso }

func (c *Clock) at(t time.Time) *clockTexts {
	s := c.now.Load()
	if u := t.Unix(); s == nil || s.unix != u {
		t = t.Local()
		s = &clockTexts{
			unix:  u,
			local: t.AppendFormat(nil, "02/Jan/2006:15:04:05 -0700"),
			iso:   t.AppendFormat(nil, "2006-01-02T15:04:05-07:00"),
		}
		c.now.Store(s)
	}
	return s
}
