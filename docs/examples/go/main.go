// A back end that checks the sessions of wecom-auth and asks it for permissions.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

var wecomAuth = setting("WECOM_AUTH_URL", "http://localhost:3000")

// A redirect of verify is no answer.
var client = &http.Client{
	Timeout:       5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func main() {
	// Fetched now, every hour, and for an unknown key id, but then once in 30 seconds at most.
	keys, err := keyfunc.NewDefaultOverrideCtx(context.Background(),
		[]string{wecomAuth + "/.well-known/jwks.json"},
		keyfunc.Override{
			HTTPTimeout:       5 * time.Second,
			RateLimitWaitMax:  time.Millisecond,
			RefreshUnknownKID: rate.NewLimiter(rate.Every(30*time.Second), 1),
		})
	if err != nil {
		log.Fatal(err)
	}
	api := http.NewServeMux()
	api.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		respond(w, map[string]string{"userid": userid(r)})
	})
	api.Handle("GET /report", requirePermission("report:read",
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			respond(w, map[string]string{"report": "for " + userid(r)})
		})))
	address := "127.0.0.1:" + setting("PORT", "8000")
	log.Print("http://" + address)
	log.Fatal(http.ListenAndServe(address, requireSession(keys, api)))
}

type callerKey struct{}

// userid returns the caller of a request that requireSession let through.
func userid(r *http.Request) string {
	return r.Context().Value(callerKey{}).(string)
}

// requireSession responds with 401 without a valid session, and with 503 without the keys to check it.
func requireSession(keys keyfunc.Keyfunc, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		var claims jwt.RegisteredClaims
		var err error = jwt.ErrTokenMalformed
		if strings.EqualFold(scheme, "Bearer") {
			_, err = jwt.ParseWithClaims(token, &claims, keys.KeyfuncCtx(r.Context()),
				jwt.WithValidMethods([]string{"RS256"}),
				jwt.WithIssuer(wecomAuth),
				jwt.WithAudience("wecom-auth"),
				jwt.WithExpirationRequired())
		}
		if err == nil && claims.Subject != "" {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, claims.Subject)))
			return
		}
		if known, _ := keys.Storage().KeyReadAll(r.Context()); token != "" && len(known) == 0 {
			refuse(w, http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized)
	})
}

// requirePermission responds with 403 without the permission, and with 503 if verify does not say.
func requirePermission(permission string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorized, err := verify(r, permission)
		switch {
		case err != nil:
			log.Print("verify does not say: ", err)
			refuse(w, http.StatusServiceUnavailable)
		case !authorized:
			refuse(w, http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// verify asks wecom-auth with the session of the caller.
func verify(r *http.Request, permission string) (bool, error) {
	address := wecomAuth + "/api/wecom/verify/" + url.PathEscape(userid(r)) +
		"?" + url.Values{"permission": {permission}}.Encode()
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, address, nil)
	if err != nil {
		return false, err
	}
	request.Header.Set("Authorization", r.Header.Get("Authorization"))
	response, err := client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("%s, request %s", response.Status, response.Header.Get("X-Request-Id"))
	}
	var body struct{ Data struct{ Authorized *bool } }
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<16)).Decode(&body); err != nil {
		return false, err
	}
	if body.Data.Authorized == nil {
		return false, fmt.Errorf("the response has no data.authorized")
	}
	return *body.Data.Authorized, nil
}

func respond(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
