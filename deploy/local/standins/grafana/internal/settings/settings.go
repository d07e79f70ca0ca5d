// Package settings reads grafana.ini and the GF_ variables, as far as they mean something here. The others are named.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/ini.v1"
)

// Settings are those that the stand-in obeys.
type Settings struct {
	Address, Data, Provisioning string
	AdminUser, AdminPassword    string
	AllowEmbedding, Anonymous   bool
	AnonymousRole, LogLevel     string
	// Unused are settings that were given, and that have no effect here.
	Unused []string
}

// defaults are the real one's, of the settings that are obeyed.
var defaults = map[string]string{
	"server.http_addr": "", "server.http_port": "3000", "server.protocol": "http",
	"server.root_url": "http://localhost:3000/", "server.serve_from_sub_path": "false",
	"paths.data": "/var/lib/grafana", "paths.provisioning": "/etc/grafana/provisioning",
	"security.admin_user": "admin", "security.admin_password": "admin", "security.allow_embedding": "false",
	"auth.anonymous.enabled": "false", "auth.anonymous.org_role": "Viewer", "log.level": "info",
}

// read elsewhere, or of the container itself: not worth a word.
var silent = []string{"paths.config", "paths.home", "paths.logs", "paths.plugins", "log.mode"}

// values hold every setting that was given, by section and key in lower case with dots.
type values struct {
	given map[string]string
}

// Load reads the file, if it is there, and then the environment, which has the last word.
func Load(path string, environment []string) (*Settings, error) {
	read := &values{given: map[string]string{}}
	if err := read.addFile(path); err != nil {
		return nil, err
	}
	if err := read.addEnvironment(environment); err != nil {
		return nil, err
	}
	for key, value := range read.given {
		expanded, err := expand(value)
		if err != nil {
			return nil, fmt.Errorf("setting %s: %w", key, err)
		}
		read.given[key] = expanded
	}
	return read.settings()
}

func (v *values) addFile(path string) error {
	file, err := ini.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, section := range file.Sections() {
		for _, key := range section.Keys() {
			v.given[strings.ToLower(section.Name()+"."+key.Name())] = key.Value()
		}
	}
	return nil
}

// addEnvironment reads GF_<SECTION>_<KEY>, and the file that GF_<SECTION>_<KEY>__FILE names.
func (v *values) addEnvironment(environment []string) error {
	names := map[string]string{}
	for _, known := range append(keysOf(defaults), silent...) {
		names[variable(known)] = known
	}
	for key := range v.given {
		names[variable(key)] = key
	}
	given := map[string]string{}
	for _, pair := range environment {
		name, value, _ := strings.Cut(pair, "=")
		if name, isGrafana := strings.CutPrefix(name, "GF_"); isGrafana {
			given[name] = value
		}
	}
	for name, value := range given {
		if plain, isFile := strings.CutSuffix(name, "__FILE"); isFile {
			if _, both := given[plain]; both {
				return fmt.Errorf("both GF_%s and GF_%s are set", plain, name)
			}
			content, err := os.ReadFile(value)
			if err != nil {
				return fmt.Errorf("GF_%s: %w", name, err)
			}
			name, value = plain, strings.TrimRight(string(content), "\n")
		}
		key, known := names[name]
		if !known {
			key = "GF_" + name
		}
		v.given[key] = value
	}
	return nil
}

func variable(key string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

func keysOf(of map[string]string) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func (v *values) text(key string) string {
	if value, given := v.given[key]; given {
		return strings.TrimSpace(value)
	}
	return defaults[key]
}

func (v *values) settings() (*Settings, error) {
	var faults []error
	flag := func(key string) bool {
		value, err := strconv.ParseBool(v.text(key))
		if err != nil {
			faults = append(faults, fmt.Errorf("setting %s is true or false, not %q", key, v.text(key)))
		}
		return value
	}
	role := v.text("auth.anonymous.org_role")
	if role != "Viewer" && role != "Editor" && role != "Admin" {
		faults = append(faults, fmt.Errorf("setting auth.anonymous.org_role is Viewer, Editor or Admin, not %q", role))
	}
	if protocol := v.text("server.protocol"); protocol != "http" {
		faults = append(faults, fmt.Errorf("this stand-in for Grafana speaks http alone: setting server.protocol is %q", protocol))
	}
	root, err := url.Parse(v.text("server.root_url"))
	if err != nil || strings.Trim(root.Path, "/") != "" || flag("server.serve_from_sub_path") {
		faults = append(faults, fmt.Errorf("this stand-in for Grafana does not serve below a path: %q", v.text("server.root_url")))
	}
	found := &Settings{
		Address: v.text("server.http_addr") + ":" + v.text("server.http_port"),
		Data:    v.text("paths.data"), Provisioning: v.text("paths.provisioning"),
		AdminUser: v.text("security.admin_user"), AdminPassword: v.text("security.admin_password"),
		AllowEmbedding: flag("security.allow_embedding"), Anonymous: flag("auth.anonymous.enabled"),
		AnonymousRole: role, LogLevel: v.text("log.level"),
	}
	found.Unused = v.unused()
	return found, errors.Join(faults...)
}

func (v *values) unused() []string {
	var unused []string
	for _, key := range keysOf(v.given) {
		_, obeyed := defaults[key]
		if !obeyed && !strings.Contains(" "+strings.Join(silent, " ")+" ", " "+key+" ") {
			unused = append(unused, key)
		}
	}
	return unused
}

var reference = regexp.MustCompile(`\$(|__env|__file)\{([^}]*)\}`)

// expand replaces ${NAME}, $__env{NAME} and $__file{PATH}. Any other dollar stays, since passwords have some.
func expand(text string) (string, error) {
	var failed error
	expanded := reference.ReplaceAllStringFunc(text, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		if parts[1] != "__file" {
			return os.Getenv(parts[2])
		}
		content, err := os.ReadFile(parts[2])
		failed = errors.Join(failed, err)
		return strings.TrimSpace(string(content))
	})
	return expanded, failed
}

// ExpandAll replaces $NAME too, as in the files of provisioning, where `$$` is one dollar.
func ExpandAll(text string) (string, error) {
	parts := strings.Split(text, "$$")
	for at := range parts {
		part, err := expand(parts[at])
		if err != nil {
			return "", err
		}
		// What came from a variable or a file is not replaced again.
		if part == parts[at] {
			part = os.ExpandEnv(part)
		}
		parts[at] = part
	}
	return strings.Join(parts, "$"), nil
}
