package gunzip

// Flags of a gzip header (RFC 1952 section 2.3.1).
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagReserved  = 0xe0
)

// header reads the header of a member. Its sum is not compared.
func (z *inflater) header() (bool, error) {
	switch z.state {
	case stateHeader:
		// ID1 ID2 CM FLG, then MTIME XFL OS
		if z.left == 0 {
			if !z.need(16) {
				return false, nil
			}
			if z.take(16) != 0x8b1f {
				return false, errData
			}
			z.left = 1
		}
		if z.left == 1 {
			if !z.need(16) {
				return false, nil
			}
			method := z.take(8)
			z.flags = byte(z.take(8))
			if method != 8 || z.flags&flagReserved != 0 {
				return false, errData
			}
			z.left = 2
		}
		for ; z.left < 5; z.left++ {
			if !z.need(16) {
				return false, nil
			}
			z.take(16)
		}
		z.left, z.state = 0, stateExtraLength
	case stateExtraLength:
		if z.flags&flagExtra != 0 {
			if !z.need(16) {
				return false, nil
			}
			z.left = z.take(16)
		}
		z.state = stateExtra
	case stateExtra:
		for ; z.left > 0; z.left-- {
			if !z.need(8) {
				return false, nil
			}
			z.take(8)
		}
		z.state = stateName
	case stateName:
		return z.text(flagName, stateComment), nil
	case stateComment:
		return z.text(flagComment, stateHeaderSum), nil
	case stateHeaderSum:
		if z.flags&flagHeaderSum != 0 {
			if !z.need(16) {
				return false, nil
			}
			z.take(16)
		}
		z.last, z.state = false, stateBlock
	}
	return true, nil
}

// text skips a text that ends with a zero, if the header has it.
func (z *inflater) text(flag byte, next state) bool {
	for z.flags&flag != 0 {
		if !z.need(8) {
			return false
		}
		if z.take(8) == 0 {
			break
		}
	}
	z.state = next
	return true
}

// trailer compares the sum and the length of a member.
func (z *inflater) trailer() (bool, error) {
	z.tally()
	if z.left == 0 {
		if !z.need(32) {
			return false, nil
		}
		if uint32(z.take(32)) != z.sum {
			return false, errData
		}
		z.left = 1
	}
	if !z.need(32) {
		return false, nil
	}
	if uint32(z.take(32)) != uint32(z.size) {
		return false, errData
	}
	z.left, z.state = 0, stateDone
	return len(z.in) > 0, nil
}
