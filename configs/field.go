package configs

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
)

// field is one key of the configuration and the place in a Config that it sets.
type field struct {
	key   string // server.publicUrl
	value reflect.Value
}

// env is the environment variable that sets the key.
func (f field) env() string {
	return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

// isList tells whether the key takes a list of texts; every other key takes one text.
func (f field) isList() bool { return f.value.Kind() == reflect.Slice }

// fields lists every key with its place in c, in the order of the structs.
func fields(c *Config) []field { return appendFields(nil, "", reflect.ValueOf(c).Elem()) }

func appendFields(list []field, prefix string, v reflect.Value) []field {
	for i := range v.NumField() {
		name, ok := v.Type().Field(i).Tag.Lookup("key")
		if !ok {
			continue
		}
		inner := v.Field(i)
		if _, leaf := inner.Interface().(PublicIP); inner.Kind() == reflect.Struct && !leaf {
			list = appendFields(list, prefix+name+".", inner)
		} else {
			list = append(list, field{key: prefix + name, value: inner})
		}
	}
	return list
}

// set parses what was written for the key. The error says what is wrong with it, without the key.
func (f field) set(texts []string) error {
	if !f.isList() && len(texts) != 1 {
		return fmt.Errorf("takes one value, not %d", len(texts))
	}
	switch p := f.value.Addr().Interface().(type) {
	case *string:
		*p = texts[0]
	case *[]string:
		*p = texts
	case *int:
		return parseInt(texts[0], p)
	case *bool:
		return parseBool(texts[0], p)
	case *slog.Level:
		return parseLevel(texts[0], p)
	case *PublicIP:
		return parsePublicIP(texts[0], p)
	case *[]netip.Prefix:
		return parsePrefixes(texts, p)
	default:
		return fmt.Errorf("has a type that cannot be set: %T", p)
	}
	return nil
}

// texts writes the value down the way set reads it.
func (f field) texts() []string {
	switch v := f.value.Interface().(type) {
	case []string:
		return v
	case []netip.Prefix:
		list := make([]string, len(v))
		for i, p := range v {
			list[i] = p.String()
		}
		return list
	case int:
		return []string{strconv.Itoa(v)}
	case bool:
		return []string{strconv.FormatBool(v)}
	case slog.Level:
		return []string{strings.ToLower(v.String())}
	case PublicIP:
		if v.Auto {
			return []string{autoIP}
		}
		if !v.IsValid() {
			return []string{""}
		}
		return []string{v.String()}
	}
	return []string{f.value.String()}
}

// tag is the YAML tag of one value of the key, and what people call it.
func (f field) tag() (tag, name string) {
	switch f.value.Interface().(type) {
	case int:
		return "!!int", "a number"
	case bool:
		return "!!bool", "true or false"
	}
	return "!!str", "text"
}

func parseInt(s string, to *int) error {
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s {
		return fmt.Errorf("%q is not a whole number", s)
	}
	*to = n
	return nil
}

func parseBool(s string, to *bool) error {
	if s != "true" && s != "false" {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*to = s == "true"
	return nil
}

func parseLevel(s string, to *slog.Level) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[s]
	if !ok {
		return fmt.Errorf("%q is none of debug, info, warn and error", s)
	}
	*to = level
	return nil
}

// autoIP has a STUN server tell the address.
const autoIP = "auto"

func parsePublicIP(s string, to *PublicIP) error {
	*to = PublicIP{Auto: s == autoIP}
	if s == "" || s == autoIP {
		return nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" || addr.IsUnspecified() || addr.IsMulticast() {
		return fmt.Errorf("%q is not an IP address that a browser could send to", s)
	}
	to.Addr = addr.Unmap()
	return nil
}

// parsePrefixes reads networks, and single addresses as networks of one.
func parsePrefixes(texts []string, to *[]netip.Prefix) error {
	var list []netip.Prefix
	for _, s := range texts {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			addr, addrErr := netip.ParseAddr(s)
			if addrErr != nil || addr.Zone() != "" {
				return fmt.Errorf("%q is neither an IP address nor a network such as 10.0.0.0/8", s)
			}
			prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		list = append(list, prefix.Masked())
	}
	*to = list
	return nil
}
