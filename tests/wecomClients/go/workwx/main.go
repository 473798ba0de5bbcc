package main

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"

	"clients/driver"

	"github.com/xen0n/go-workwx"
)

type (
	given = driver.Given
	value = driver.Value
)

// receiver keeps the event of the last push.
type receiver struct{ event string }

func (r *receiver) OnIncomingMessage(message *workwx.RxMessage) error {
	r.event = string(message.Event)
	return nil
}

func main() {
	agentid, err := strconv.ParseInt(os.Getenv("AGENTID"), 10, 64)
	if err != nil {
		panic(err)
	}
	client := workwx.New(os.Getenv("CORPID")).WithApp(os.Getenv("SECRET"), agentid)
	pushes := &receiver{}
	handler, err := workwx.NewHTTPHandler(os.Getenv("CALLBACK_TOKEN"), os.Getenv("CALLBACK_KEY"), pushes)
	if err != nil {
		// Only callbacks fail then.
		handler = nil
	}
	received := func(method string, with given) (string, error) {
		if handler == nil {
			return "", err
		}
		query := url.Values{
			"msg_signature": {with.MsgSignature},
			"timestamp":     {with.Timestamp},
			"nonce":         {with.Nonce},
		}
		if with.Echostr != "" {
			query.Set("echostr", with.Echostr)
		}
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, httptest.NewRequest(method, "/?"+query.Encode(), strings.NewReader(with.Body)))
		if response.Code != 200 {
			return "", errors.New("status " + strconv.Itoa(response.Code))
		}
		return response.Body.String(), nil
	}
	// The client keeps its token to itself.
	user := func(with given) (value, error) {
		user, err := client.GetUser(with.Userid)
		if err != nil {
			return nil, err
		}
		return value{"name": user.Name}, nil
	}

	driver.Serve(driver.Calls{
		"token": user,
		"code": func(with given) (value, error) {
			info, err := client.GetUserInfoByCode(with.Code)
			if err != nil {
				return nil, err
			}
			return value{"userid": info.UserID}, nil
		},
		"user": user,
		"departments": func(given) (value, error) {
			ids := []int64{}
			departments, err := client.ListAllDepts()
			for _, each := range departments {
				ids = append(ids, each.ID)
			}
			return value{"ids": ids}, err
		},
		"ticket": func(given) (value, error) {
			ticket, err := client.GetJSAPITicket()
			return value{"ticket": ticket}, err
		},
		"agentTicket": func(given) (value, error) {
			ticket, err := client.GetJSAPITicketAgentConfig()
			return value{"ticket": ticket}, err
		},
		"message": func(with given) (value, error) {
			to := &workwx.Recipient{UserIDs: []string{with.Userid}}
			return value{}, client.SendTextMessage(to, with.Text, false)
		},
		"push": func(with given) (value, error) {
			_, err := received("POST", with)
			return value{"event": pushes.event}, err
		},
		"verify": func(with given) (value, error) {
			echo, err := received("GET", with)
			return value{"echo": echo}, err
		},
	})
}
