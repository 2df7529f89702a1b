package regex

import (
	"errors"
	"slices"
)

// A frame is a place to go back to.
type frame struct {
	pc  int32 // below 0: slot ^pc held pos
	pos int32
	end int32 // of a run: how far it may be shortened or prolonged; -1: no run
}

// A machine matches by backtracking. It counts its steps: what takes too many
// is given up.
type machine struct {
	code  []inst
	s     []byte
	slots []int
	stack []frame
	steps int
}

// errSteps stays inside the package: another engine may still succeed.
var errSteps = errors.New("too many steps")

// run matches the instructions from pc on at pos, and returns where they
// accept. What it leaves on the stack above base are ways to do otherwise.
func (m *machine) run(pc, pos int) (end int, ok bool, err error) {
	base := len(m.stack)
	s := m.s
	for {
		if m.steps--; m.steps < 0 {
			return 0, false, errSteps
		}
		in := &m.code[pc]
		switch in.op {
		case opSet:
			if pos < len(s) && in.set[s[pos]] {
				pos++
				pc++
				continue
			}
		case opString:
			if len(s)-pos >= len(in.str) && string(s[pos:pos+len(in.str)]) == in.str {
				pos += len(in.str)
				pc++
				continue
			}
		case opFolded:
			m.steps -= len(in.str) >> 3
			if len(s)-pos >= len(in.str) && foldedEqual(s[pos:pos+len(in.str)], in.str) {
				pos += len(in.str)
				pc++
				continue
			}
		case opRun:
			if pos, ok = m.repeat(in, pc, pos); ok {
				pc++
				continue
			}
		case opSplit:
			if in.set != nil && (pos == len(s) || !in.set[s[pos]]) {
				pc = int(in.x)
				continue
			}
			if in.other == nil || pos < len(s) && in.other[s[pos]] {
				m.stack = append(m.stack, frame{in.x, int32(pos), -1})
			}
			pc++
			continue
		case opJump:
			pc = int(in.x)
			continue
		case opSave:
			m.save(int(in.x), pos)
			pc++
			continue
		case opAssert:
			if m.holds(in.at, pos) {
				pc++
				continue
			}
		case opLook, opAtomic:
			end, ok, err = m.inner(pc+1, pos)
			if err != nil {
				return 0, false, err
			}
			if ok {
				if in.op == opAtomic {
					pos = end
				}
				pc = int(in.x)
				continue
			}
		case opNotLook:
			top := len(m.stack)
			_, ok, err = m.run(pc+1, pos)
			if err != nil {
				return 0, false, err
			}
			if !ok {
				pc = int(in.x)
				continue
			}
			m.undo(top)
		case opBack:
			if pos >= int(in.x) {
				pos -= int(in.x)
				pc++
				continue
			}
		case opUnless:
			if m.slots[in.y] == pos {
				pc = int(in.x)
			} else {
				pc++
			}
			continue
		case opCapture:
			m.save(2*int(in.x), m.slots[in.y])
			m.save(2*int(in.x)+1, pos)
			pc++
			continue
		case opBackref:
			if n, ok := m.backref(in, pos); ok {
				pos += n
				pc++
				continue
			}
		case opIfGroup:
			if m.slots[2*in.y+1] < 0 {
				pc = int(in.x)
			} else {
				pc++
			}
			continue
		case opIf, opIfNot:
			top := len(m.stack)
			if _, ok, err = m.inner(pc+1, pos); err != nil {
				return 0, false, err
			}
			if ok && in.op == opIfNot {
				m.undo(top)
			}
			if ok == (in.op == opIf) {
				pc = int(in.x)
			} else {
				pc = int(in.y)
			}
			continue
		case opAccept:
			return pos, true, nil
		}
		if pc, pos, ok = m.back(base); !ok {
			return 0, false, nil
		}
	}
}

// inner matches an assertion or an atomic group. What it captured stays, and
// can be undone, but nothing in it will be tried otherwise.
func (m *machine) inner(pc, pos int) (end int, ok bool, err error) {
	base := len(m.stack)
	end, ok, err = m.run(pc, pos)
	if ok {
		kept := m.stack[:base]
		for _, f := range m.stack[base:] {
			if f.pc < 0 {
				kept = append(kept, f)
			}
		}
		m.stack = kept
	}
	return end, ok, err
}

// backref reports whether what a group matched stands at pos again. A group
// that took no part matches nothing.
func (m *machine) backref(in *inst, pos int) (n int, ok bool) {
	start, end := m.slots[2*in.x], m.slots[2*in.x+1]
	if end < 0 || len(m.s)-pos < end-start {
		return 0, false
	}
	n = end - start
	m.steps -= n >> 3
	for i := range n {
		a, b := m.s[start+i], m.s[pos+i]
		if a != b && (in.y == 0 || lowered(a) != lowered(b)) {
			return 0, false
		}
	}
	return n, true
}

func (m *machine) save(slot, pos int) {
	m.stack = append(m.stack, frame{^int32(slot), int32(m.slots[slot]), 0})
	m.slots[slot] = pos
}

// undo drops frames, and restores the slots that they speak of.
func (m *machine) undo(top int) {
	for i := len(m.stack) - 1; i >= top; i-- {
		if f := m.stack[i]; f.pc < 0 {
			m.slots[^f.pc] = int(f.pos)
		}
	}
	m.stack = m.stack[:top]
}

// back returns to the latest choice above base.
func (m *machine) back(base int) (pc, pos int, ok bool) {
	for len(m.stack) > base {
		f := &m.stack[len(m.stack)-1]
		switch {
		case f.pc < 0:
			m.slots[^f.pc] = int(f.pos)
		case f.end < 0:
			pc, pos = int(f.pc), int(f.pos)
			m.stack = m.stack[:len(m.stack)-1]
			return pc, pos, true
		default:
			if pos, ok := m.again(f); ok {
				return int(f.pc) + 1, pos, true
			}
		}
		m.stack = m.stack[:len(m.stack)-1]
	}
	return 0, 0, false
}

// repeat matches a run of bytes, and leaves a frame if it could be longer or
// shorter.
func (m *machine) repeat(in *inst, pc, pos int) (int, bool) {
	s := m.s
	limit := len(s)
	if in.max >= 0 && limit-pos > int(in.max) {
		limit = pos + int(in.max)
	}
	least := pos + int(in.min)
	if least > limit {
		return pos, false
	}
	if in.mode == lazy {
		for ; pos < least; pos++ {
			if !in.set[s[pos]] {
				return pos, false
			}
		}
		if pos < limit {
			m.stack = append(m.stack, frame{int32(pc), int32(pos), int32(limit)})
		}
		return pos, true
	}
	end := pos
	for end < limit && in.set[s[end]] {
		end++
	}
	m.steps -= (end - pos) >> 3
	if end < least {
		return pos, false
	}
	if in.mode == greedy && end > least {
		m.stack = append(m.stack, frame{int32(pc), int32(end), int32(least)})
	}
	return end, true
}

// again makes a run longer or shorter by as little as may help.
func (m *machine) again(f *frame) (pos int, ok bool) {
	in := &m.code[f.pc]
	s := m.s
	pos, end := int(f.pos), int(f.end)
	if in.mode == lazy {
		from := pos
		for pos < end && in.set[s[pos]] {
			pos++
			if in.stop < 0 || pos < len(s) && s[pos] == byte(in.stop) {
				f.pos = int32(pos)
				m.steps -= (pos - from) >> 3
				return pos, true
			}
		}
		m.steps -= (pos - from) >> 3
		return 0, false
	}
	from := pos
	for pos > end {
		pos--
		if in.stop < 0 || s[pos] == byte(in.stop) {
			f.pos = int32(pos)
			m.steps -= (from - pos) >> 3
			return pos, true
		}
	}
	return 0, false
}

func (m *machine) holds(a assertion, pos int) bool {
	s := m.s
	switch a {
	case atStart, atStartMatch:
		return pos == 0
	case atLine:
		return pos == 0 || s[pos-1] == '\n' && pos < len(s)
	case atEnd:
		return pos == len(s) || pos == len(s)-1 && s[pos] == '\n'
	case atVeryEnd:
		return pos == len(s)
	case atLineEnd:
		return pos == len(s) || s[pos] == '\n'
	}
	before := pos > 0 && isWord(s[pos-1])
	after := pos < len(s) && isWord(s[pos])
	switch a {
	case atWord:
		return before != after
	case atNoWord:
		return before == after
	case atWordStart:
		return !before && after
	default:
		return before && !after
	}
}

// foldedEqual compares a with lower, which is lower case.
func foldedEqual(a []byte, lower string) bool {
	for i, c := range a {
		if lowered(c) != lower[i] {
			return false
		}
	}
	return true
}

func lowered(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// search tries from each place where a match may begin.
func (m *machine) search(re *program, from int) (start, end int, ok bool, err error) {
	for pos := from; ; pos++ {
		pos = re.candidate(m.s, pos)
		if pos < 0 {
			return 0, 0, false, nil
		}
		m.stack = m.stack[:0]
		end, ok, err = m.run(0, pos)
		if ok || err != nil {
			return pos, end, ok, err
		}
		m.steps--
	}
}

func (m *machine) reset(re *program, s []byte, steps int) {
	m.code, m.s, m.steps = re.code, s, steps
	m.slots = slices.Grow(m.slots[:0], re.slots)[:re.slots]
	for i := range m.slots {
		m.slots[i] = -1
	}
	m.stack = m.stack[:0]
}
