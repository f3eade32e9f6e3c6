package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/darkroom-media/darkroom/renderer/delivery/explanation"
)

const (
	explainTimeout = time.Minute
	// maxExplanation bounds what is read of an answer.
	maxExplanation = 4 << 20
)

// headers are --header flags.
type headers http.Header

// String implements flag.Value.
func (h headers) String() string { return "" }

// Set implements flag.Value.
func (h headers) Set(text string) error {
	name, value, ok := strings.Cut(text, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New("it must be NAME:VALUE")
	}
	http.Header(h).Add(strings.TrimSpace(name), strings.TrimSpace(value))
	return nil
}

// explain asks the environment how it understands a delivery URL.
func explain(ctx context.Context, arguments []string, getenv func(string) string, out io.Writer) error {
	sent := http.Header{}
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	server := flags.String("server", "", "")
	flags.Var(headers(sent), "header", "")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("explain takes one URL\n%s", usage)
	}
	who, err := parseAccount(getenv("CLOUDINARY_URL"))
	if err != nil {
		return err
	}
	target, err := explainURL(flags.Arg(0), *server, who)
	if err != nil {
		return err
	}
	body, err := ask(ctx, target, who, sent)
	if err != nil {
		return err
	}
	if *asJSON {
		_, err = out.Write(body)
		return err
	}
	explained := &explanation.Explanation{}
	if err := json.Unmarshal(body, explained); err != nil {
		return fmt.Errorf("%s did not answer with an explanation: %w", target, err)
	}
	return write(out, explained)
}

// explainURL is where a delivery URL, or its path alone, is explained.
func explainURL(text, server string, who *account) (string, error) {
	base := &url.URL{}
	if server != "" {
		var err error
		if base, err = url.Parse(server); err != nil || base.Host == "" {
			return "", fmt.Errorf("--server %q is not scheme://host", server)
		}
	}
	target, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("%q is no URL", text)
	}
	if target.Host == "" {
		if base.Host == "" {
			return "", fmt.Errorf("%q names no host: give the whole URL, or --server", text)
		}
		target.Scheme, target.Host = base.Scheme, base.Host
	}
	if err := who.trusts(target.Host, base.Host); err != nil {
		return "", err
	}
	path := strings.TrimLeft(target.EscapedPath(), "/")
	cloud, rest, _ := strings.Cut(path, "/")
	if strings.EqualFold(cloud, who.cloud) {
		path = cloud + "/image/explain/" + rest
	} else {
		path = "image/explain/" + path
	}
	explained := target.Scheme + "://" + target.Host + "/" + path
	if target.RawQuery != "" {
		explained += "?" + target.RawQuery
	}
	return explained, nil
}

// ask gets the explanation.
func ask(ctx context.Context, target string, who *account, sent http.Header) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, err
	}
	request.Header = sent
	request.SetBasicAuth(who.key, who.secret)
	// The key is for this host alone.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxExplanation))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, response.Header.Get("X-Cld-Error"))
	}
	return body, nil
}

// write shows an explanation to people.
func write(out io.Writer, e *explanation.Explanation) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, format string, values ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, values...))
	}
	line("asset", "%s/%s %s", e.Address.AssetType, e.Address.DeliveryType, e.Address.PublicID)
	if e.Asset != nil {
		line("found", "%s, %s %d×%d, %d bytes, version %d", e.Asset.PublicID, e.Asset.Format, e.Asset.Width, e.Asset.Height, e.Asset.Bytes, e.Asset.Version)
		if e.Asset.Placeholder {
			line("", "it stands in for the asset, which is missing")
		}
	}
	line("signature", "%s", e.Address.Signature)
	for _, access := range e.Access {
		line("access", "%s", access)
	}
	for i, component := range e.Components {
		line(fmt.Sprintf("component %d", i+1), "%s", component)
	}
	for _, step := range e.Steps {
		crop := ""
		if step.Crop != nil {
			crop = fmt.Sprintf(", kept %d×%d at %d,%d", step.Crop[2], step.Crop[3], step.Crop[0], step.Crop[1])
		}
		start := ""
		if step.Mezzanine != nil {
			start = fmt.Sprintf(", from a mezzanine of %d×%d", step.Mezzanine[0], step.Mezzanine[1])
		}
		line("step", "%s → %d×%d%s%s   (%s)", step.Step, step.Width, step.Height, crop, start, step.Component)
	}
	a := e.Answer
	if a.Kind == "error" {
		line("answer", "%d %s", a.Status, a.Error)
	} else {
		line("answer", "%d %s %s %d×%d, %d bytes", a.Status, a.Kind, a.Format, a.Width, a.Height, a.Bytes)
		line("format", "%s", a.FormatBecause)
		line("headers", "Cache-Control: %s", a.CacheControl)
		if a.Vary != "" {
			line("", "Vary: %s", a.Vary)
		}
	}
	if e.Cache != nil {
		line("cached", "%s (key %s)", e.Cache.Found, e.Cache.Key)
	}
	if e.Cost != nil {
		line("cost", "%.1f ms of CPU, %.1f ms until it was there", e.Cost.CPUMilliseconds, e.Cost.WallMilliseconds)
	}
	return table.Flush()
}
