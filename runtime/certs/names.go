package certs

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// An attribute is one part of a distinguished name.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

type attributeSET []attribute

// shortNames are OpenSSL's of the types of attributes.
var shortNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory", "2.5.4.17": "postalCode", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym", "2.5.4.97": "organizationIdentifier",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.8": "unstructuredAddress",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST", "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

func parseName(der []byte) (name []attributeSET) {
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		return nil
	}
	return name
}

// NameRFC2253 writes a distinguished name (DER) as RFC 2253 has it, the last
// part first: "CN=subject,O=org".
func NameRFC2253(der []byte) string {
	var sets []string
	for _, set := range slices.Backward(parseName(der)) {
		var parts []string
		for _, a := range slices.Backward(set) {
			name, known := shortNames[a.Type.String()]
			if !known {
				parts = append(parts, a.Type.String()+"=#"+strings.ToUpper(hex.EncodeToString(a.Value.FullBytes)))
				continue
			}
			parts = append(parts, name+"="+escape2253(utf8Of(a.Value)))
		}
		sets = append(sets, strings.Join(parts, "+"))
	}
	return strings.Join(sets, ",")
}

func escape2253(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\%02X", c)
		case strings.IndexByte(",+\"\\<>;", c) >= 0, c == ' ' && (i == 0 || i == len(s)-1), c == '#' && i == 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// NameOneline writes a distinguished name (DER) as "/O=org/CN=subject", as
// X509_NAME_oneline does.
func NameOneline(der []byte) string {
	var b strings.Builder
	for _, set := range parseName(der) {
		for i, a := range set {
			name, known := shortNames[a.Type.String()]
			if !known {
				name = a.Type.String()
			}
			if i == 0 {
				b.WriteByte('/')
			} else {
				b.WriteByte('+')
			}
			b.WriteString(name + "=")
			for _, c := range a.Value.Bytes {
				switch {
				case c < ' ' || c > '~':
					fmt.Fprintf(&b, "\\x%02X", c)
				case c == '/' || c == '+':
					b.WriteByte('\\')
					fallthrough
				default:
					b.WriteByte(c)
				}
			}
		}
	}
	return b.String()
}

// utf8Of returns the text of a string of ASN.1 in UTF-8.
func utf8Of(v asn1.RawValue) string {
	switch v.Tag {
	case asn1.TagBMPString:
		var u []uint16
		for i := 0; i+1 < len(v.Bytes); i += 2 {
			u = append(u, uint16(v.Bytes[i])<<8|uint16(v.Bytes[i+1]))
		}
		return string(utf16.Decode(u))
	case asn1.TagT61String:
		var r []rune
		for _, c := range v.Bytes {
			r = append(r, rune(c))
		}
		return string(r)
	}
	return string(v.Bytes)
}
