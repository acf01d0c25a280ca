package engineio

import (
	"net/http/httptest"
	"testing"
)

func TestOriginRules(t *testing.T) {
	allowed := []string{"https://crm.example.com", "http://LOCALHOST:3000/"}
	for _, tt := range []struct {
		host    string
		allowed []string
		origins []string
		want    bool
	}{
		{"calls.example.com", allowed, nil, true},
		{"calls.example.com", allowed, []string{"https://crm.example.com"}, true},
		{"calls.example.com", allowed, []string{"https://crm.example.com:443"}, true},
		{"calls.example.com", allowed, []string{"HTTPS://CRM.example.com"}, true},
		{"calls.example.com", allowed, []string{"http://localhost:3000"}, true},
		{"calls.example.com", allowed, []string{"http://crm.example.com"}, false},
		{"calls.example.com", allowed, []string{"https://crm.example.com:8443"}, false},
		{"calls.example.com", allowed, []string{"https://crm.example.com.evil.com"}, false},
		{"calls.example.com", allowed, []string{"https://evil.com"}, false},
		{"calls.example.com", allowed, []string{"null"}, false},
		{"calls.example.com", allowed, []string{""}, false},
		{"calls.example.com", allowed, []string{"https://crm.example.com", "https://evil.com"}, false},
		{"calls.example.com", nil, []string{"https://calls.example.com"}, true},
		{"calls.example.com:443", nil, []string{"https://calls.example.com"}, true},
		{"127.0.0.1:8080", nil, []string{"http://127.0.0.1:8080"}, true},
		{"127.0.0.1:8080", nil, []string{"http://127.0.0.1:8081"}, false},
		{"calls.example.com", []string{"*"}, []string{"https://evil.com"}, true},
	} {
		rules, err := newOriginRules(tt.allowed)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "http://"+tt.host+"/", nil)
		if tt.origins != nil {
			r.Header["Origin"] = tt.origins
		}
		if got := rules.allow(r); got != tt.want {
			t.Errorf("host %s, allowed %v, origin %q: %t", tt.host, tt.allowed, tt.origins, got)
		}
	}
	for _, bad := range []string{"crm.example.com", "https://", "https://a/path", "https://u@a", "https://a?q", "://"} {
		if _, err := newOriginRules([]string{bad}); err == nil {
			t.Errorf("%q passes for an origin", bad)
		}
	}
}
