// Package settings reads the GF_ variables, as far as they mean something here. The others are named.
package settings

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Settings are those that the stand-in obeys.
type Settings struct {
	Address, Data, Provisioning string
	AdminUser, AdminPassword    string
	LogLevel                    string
	AllowEmbedding              bool
	// Unused are settings that were given, and that have no effect here.
	Unused []string
}

// defaults are the real one's, of the settings that are obeyed or refused.
var defaults = map[string]string{
	"GF_SERVER_HTTP_ADDR": "", "GF_SERVER_HTTP_PORT": "3000", "GF_SERVER_PROTOCOL": "http",
	"GF_SERVER_ROOT_URL": "http://localhost:3000/", "GF_SERVER_SERVE_FROM_SUB_PATH": "false",
	"GF_PATHS_DATA": "/var/lib/grafana", "GF_PATHS_PROVISIONING": "/etc/grafana/provisioning",
	"GF_SECURITY_ADMIN_USER": "admin", "GF_SECURITY_ADMIN_PASSWORD": "admin", "GF_SECURITY_ALLOW_EMBEDDING": "false",
	"GF_LOG_LEVEL": "info", "GF_PATHS_CONFIG": "/etc/grafana/grafana.ini",
}

// silent are of the container itself: not worth a word.
var silent = []string{"GF_PATHS_HOME", "GF_PATHS_LOGS", "GF_PATHS_PLUGINS", "GF_LOG_MODE"}

// Load reads GF_<SECTION>_<KEY>, and the file that GF_<SECTION>_<KEY>__FILE names.
func Load(environment []string) (*Settings, error) {
	given := map[string]string{}
	for _, pair := range environment {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GF_") {
			given[name] = value
		}
	}
	for name, path := range given {
		plain, isFile := strings.CutSuffix(name, "__FILE")
		if !isFile {
			continue
		}
		if _, both := given[plain]; both {
			return nil, fmt.Errorf("both %s and %s are set", plain, name)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		delete(given, name)
		given[plain] = strings.TrimRight(string(content), "\n")
	}
	return obey(given)
}

func obey(given map[string]string) (*Settings, error) {
	var faults []error
	refuse := func(format string, arguments ...any) { faults = append(faults, fmt.Errorf(format, arguments...)) }
	text := func(name string) string {
		value, isGiven := given[name]
		if !isGiven {
			return defaults[name]
		}
		if strings.Contains(value, "$__") {
			refuse("setting %s: this stand-in for Grafana puts in no files or variables for %q: use %s__FILE", name, value, name)
		}
		return strings.TrimSpace(value)
	}
	flag := func(name string) bool {
		value, err := strconv.ParseBool(text(name))
		if err != nil {
			refuse("setting %s is true or false, not %q", name, text(name))
		}
		return value
	}
	if _, err := os.Stat(text("GF_PATHS_CONFIG")); err == nil {
		refuse("%s: this stand-in for Grafana reads no file of settings: give them as GF_<SECTION>_<KEY>", text("GF_PATHS_CONFIG"))
	}
	if protocol := text("GF_SERVER_PROTOCOL"); protocol != "http" {
		refuse("this stand-in for Grafana speaks http alone: setting GF_SERVER_PROTOCOL is %q", protocol)
	}
	root, err := url.Parse(text("GF_SERVER_ROOT_URL"))
	if err != nil || strings.Trim(root.Path, "/") != "" || flag("GF_SERVER_SERVE_FROM_SUB_PATH") {
		refuse("this stand-in for Grafana does not serve below a path: %q", text("GF_SERVER_ROOT_URL"))
	}
	found := &Settings{
		Address: text("GF_SERVER_HTTP_ADDR") + ":" + text("GF_SERVER_HTTP_PORT"),
		Data:    text("GF_PATHS_DATA"), Provisioning: text("GF_PATHS_PROVISIONING"),
		AdminUser: text("GF_SECURITY_ADMIN_USER"), AdminPassword: text("GF_SECURITY_ADMIN_PASSWORD"),
		AllowEmbedding: flag("GF_SECURITY_ALLOW_EMBEDDING"), LogLevel: text("GF_LOG_LEVEL"),
	}
	for name := range given {
		if _, isObeyed := defaults[name]; !isObeyed && !slices.Contains(silent, name) {
			found.Unused = append(found.Unused, name)
		}
	}
	sort.Strings(found.Unused)
	return found, errors.Join(faults...)
}
