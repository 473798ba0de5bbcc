// Verifies tokens with lestrrat-go/jwx, as an application does.
//
// Reads {"issuer", "cases": [{"name", "kind", "audience", "nonce", "token"}]} from standard input, and
// writes {"outcomes": [{"name", "accepted", "reason"}]} to standard output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

type trialCase struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Audience string `json:"audience"`
	Nonce    string `json:"nonce"`
	Token    string `json:"token"`
}

type outcome struct {
	Name     string `json:"name"`
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason"`
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

var required = map[string][]string{
	"session":      {"exp", "iat", "sub"},
	"id token":     {"exp", "iat", "sub", "nonce"},
	"logout token": {"exp", "iat", "jti", "events"},
}

var types = map[string]string{"session": "JWT", "id token": "JWT", "logout token": "logout+jwt"}

func main() {
	var trial struct {
		Issuer string      `json:"issuer"`
		Cases  []trialCase `json:"cases"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&trial); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	issuer, keys, err := discover(ctx, trial.Issuer)
	if err != nil {
		log.Fatal(err)
	}
	outcomes := []outcome{}
	for _, each := range trial.Cases {
		if err := verify(each, issuer, keys); err != nil {
			outcomes = append(outcomes, outcome{each.Name, false, err.Error()})
		} else {
			outcomes = append(outcomes, outcome{each.Name, true, ""})
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"outcomes": outcomes}); err != nil {
		log.Fatal(err)
	}
}

func discover(ctx context.Context, issuer string) (string, jwk.Set, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	var found struct {
		Issuer  string `json:"issuer"`
		JwksURI string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return "", nil, err
	}
	keys, err := jwk.Fetch(ctx, found.JwksURI)
	return found.Issuer, keys, err
}

func verify(each trialCase, issuer string, keys jwk.Set) error {
	options := []jwt.ParseOption{
		jwt.WithKeySet(keys),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(each.Audience),
	}
	for _, claim := range required[each.Kind] {
		options = append(options, jwt.WithRequiredClaim(claim))
	}
	if each.Kind == "id token" {
		options = append(options, jwt.WithClaimValue("nonce", each.Nonce))
	}
	token, err := jwt.Parse([]byte(each.Token), options...)
	if err != nil {
		return err
	}
	message, err := jws.Parse([]byte(each.Token))
	if err != nil {
		return err
	}
	found, _ := message.Signatures()[0].ProtectedHeaders().Type()
	if found != "" && !strings.EqualFold(found, types[each.Kind]) {
		return fmt.Errorf("typ is %s", found)
	}
	if each.Kind != "logout token" {
		return nil
	}
	var events map[string]any
	if err := token.Get("events", &events); err != nil {
		return err
	}
	if _, isLogout := events[logoutEvent]; !isLogout || token.Has("nonce") {
		return errors.New("this is no logout token")
	}
	return nil
}
