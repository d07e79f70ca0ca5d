// Package docs is the pages of a team: every Markdown file of a folder, such as a mounted ConfigMap, under its own name.
package docs

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"seaworthy/deploy/images/qotm/internal/server"
)

const (
	// suffix is what the files of pages end in.
	suffix = ".md"
	// maxPageBytes is as much as a ConfigMap holds.
	maxPageBytes = 1 << 20
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// markdown leaves out raw HTML and addresses such as javascript:, which is goldmark's default.
var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM))

// view is what a page shows: its own text, or what there is to choose from.
type view struct {
	Title   string
	Content template.HTML
	// Missing is the page that was asked for and is not there.
	Missing string
	// IsList tells that the pages are listed.
	IsList bool
	Pages  []string
}

type pages struct {
	service *server.Service
	folder  string
}

// Register adds the service's addresses. The folder is read at every request, since a ConfigMap changes while it is mounted.
func Register(service *server.Service) error {
	p := &pages{service: service, folder: service.Settings.DocsFolder}
	if _, err := os.ReadDir(p.folder); err != nil {
		return fmt.Errorf("DOCS_FOLDER=%q cannot be read: %w", p.folder, err)
	}
	service.Route("GET /{$}", p.list)
	service.Route("GET /{page}", p.get)
	// A name holds no slash, as the keys of a ConfigMap hold none.
	service.Route("GET /", func(w http.ResponseWriter, r *http.Request) {
		p.missing(w, r, strings.TrimPrefix(r.URL.Path, "/"))
	})
	return nil
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusOK, view{Title: "Pages", IsList: true})
}

func (p *pages) missing(w http.ResponseWriter, r *http.Request, name string) {
	p.render(w, r, http.StatusNotFound, view{Title: "There is no such page", Missing: name, IsList: true})
}

// get shows a page by its name, with the file's ending or without.
func (p *pages) get(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("page"), suffix)
	source, err := p.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		p.missing(w, r, r.PathValue("page"))
		return
	}
	content, document := bytes.Buffer{}, markdown.Parser().Parse(text.NewReader(source))
	if err == nil {
		err = markdown.Renderer().Render(&content, source, document)
	}
	if err != nil {
		p.service.Logger.ErrorContext(r.Context(), "page not read", "page", name, "reason", err.Error())
		p.service.Fail(w, http.StatusInternalServerError, "the page "+name+" cannot be read: "+err.Error())
		return
	}
	// The converted text holds no HTML but what goldmark makes of Markdown.
	p.render(w, r, http.StatusOK, view{Title: title(document, source, name), Content: template.HTML(content.String())})
}

// read gives the text of a page that is listed, so that no name leads out of the folder.
func (p *pages) read(name string) ([]byte, error) {
	names, err := p.names()
	if err != nil {
		return nil, err
	}
	for _, listed := range names {
		if listed != name {
			continue
		}
		source, err := os.ReadFile(filepath.Join(p.folder, name+suffix))
		if err == nil && len(source) > maxPageBytes {
			return nil, fmt.Errorf("it is longer than %d bytes", maxPageBytes)
		}
		return source, err
	}
	return nil, fs.ErrNotExist
}

// names lists the pages in the order of their names; hidden files are a mounted ConfigMap's own.
func (p *pages) names() ([]string, error) {
	entries, err := os.ReadDir(p.folder)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, entry := range entries {
		name, isPage := strings.CutSuffix(entry.Name(), suffix)
		if isPage && name != "" && !strings.HasPrefix(name, ".") && !entry.IsDir() {
			names = append(names, name)
		}
	}
	return names, nil
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, shown view) {
	if shown.IsList {
		names, err := p.names()
		if err != nil {
			p.service.Fail(w, http.StatusInternalServerError, "the pages cannot be listed: "+err.Error())
			return
		}
		shown.Pages = names
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'")
	p.service.Page(w, r, status, page, shown)
}

// title is the first heading of a page, or its name.
func title(document ast.Node, source []byte, name string) string {
	for node := document.FirstChild(); node != nil; node = node.NextSibling() {
		if heading, isHeading := node.(*ast.Heading); isHeading {
			if found := strings.TrimSpace(plain(heading, source)); found != "" {
				return found
			}
		}
	}
	return name
}

// plain is the text of a node without its marks.
func plain(node ast.Node, source []byte) string {
	found := strings.Builder{}
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		if leaf, isText := child.(*ast.Text); isText {
			found.Write(leaf.Segment.Value(source))
			continue
		}
		found.WriteString(plain(child, source))
	}
	return found.String()
}
