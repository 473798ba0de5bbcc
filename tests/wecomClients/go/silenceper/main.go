package main

import (
	"encoding/xml"
	"os"
	"strconv"

	"clients/driver"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work"
	"github.com/silenceper/wechat/v2/work/config"
	"github.com/silenceper/wechat/v2/work/jsapi"
	"github.com/silenceper/wechat/v2/work/kf"
	"github.com/silenceper/wechat/v2/work/message"
	"github.com/silenceper/wechat/v2/work/oauth"
)

type (
	given = driver.Given
	value = driver.Value
)

func main() {
	settings := &config.Config{
		CorpID:         os.Getenv("CORPID"),
		CorpSecret:     os.Getenv("SECRET"),
		AgentID:        os.Getenv("AGENTID"),
		Cache:          cache.NewMemory(),
		Token:          os.Getenv("CALLBACK_TOKEN"),
		EncodingAESKey: os.Getenv("CALLBACK_KEY"),
	}
	client := work.NewWork(settings)
	contacts := client.GetAddressList()

	driver.Serve(driver.Calls{
		"token": func(given) (value, error) {
			token, err := client.GetContext().GetAccessToken()
			return value{"token": token}, err
		},
		"code": func(with given) (value, error) {
			info, err := client.GetOauth().GetUserInfo(with.Code)
			if err != nil {
				return nil, err
			}
			return value{"userid": info.UserID}, nil
		},
		"detail": func(with given) (value, error) {
			info, err := client.GetOauth().GetUserInfo(with.Code)
			if err != nil {
				return nil, err
			}
			detail, err := client.GetOauth().GetUserDetail(
				&oauth.GetUserDetailRequest{UserTicket: info.UserTicket})
			if err != nil {
				return nil, err
			}
			return value{"mobile": detail.Mobile}, nil
		},
		"user": func(with given) (value, error) {
			user, err := contacts.UserGet(with.Userid)
			if err != nil {
				return nil, err
			}
			return value{"name": user.Name}, nil
		},
		"departments": func(given) (value, error) {
			ids := []int{}
			departments, err := contacts.DepartmentList()
			for _, each := range departments {
				ids = append(ids, each.ID)
			}
			return value{"ids": ids}, err
		},
		"tags": func(given) (value, error) {
			tags, err := contacts.ListTag()
			if err != nil {
				return nil, err
			}
			names := []string{}
			for _, each := range tags.TagList {
				names = append(names, each.TagName)
			}
			return value{"names": names}, nil
		},
		"ticket": func(with given) (value, error) {
			return signed(client.JsSdk().GetConfig(with.URL))
		},
		"agentTicket": func(with given) (value, error) {
			return signed(client.JsSdk().GetAgentConfig(with.URL))
		},
		"message": func(with given) (value, error) {
			sent, err := client.GetMessage().SendText(message.SendTextRequest{
				SendRequestCommon: &message.SendRequestCommon{
					ToUser:  with.Userid,
					AgentID: strconv.FormatInt(with.Agentid, 10),
				},
				Text: message.TextField{Content: with.Text},
			})
			if err != nil {
				return nil, err
			}
			return value{"msgid": sent.MsgID}, nil
		},
		"push": func(with given) (value, error) {
			var envelope struct{ Encrypt string }
			if err := xml.Unmarshal([]byte(with.Body), &envelope); err != nil {
				return nil, err
			}
			_, plain, err := util.DecryptMsg(settings.CorpID, envelope.Encrypt, settings.EncodingAESKey)
			if err != nil {
				return nil, err
			}
			var event struct{ Event string }
			err = xml.Unmarshal(plain, &event)
			return value{"event": event.Event}, err
		},
		"verify": func(with given) (value, error) {
			service, err := client.GetKF()
			if err != nil {
				return nil, err
			}
			echo, err := service.VerifyURL(kf.SignatureOptions{
				Signature: with.MsgSignature,
				TimeStamp: with.Timestamp,
				Nonce:     with.Nonce,
				EchoStr:   with.Echostr,
			})
			return value{"echo": echo}, err
		},
		"reply": func(with given) (value, error) {
			random := []byte(util.RandomStr(16))
			encrypted, err := util.EncryptMsg(random, []byte(with.Text), settings.CorpID, settings.EncodingAESKey)
			if err != nil {
				return nil, err
			}
			signature := util.Signature(settings.Token, with.Timestamp, with.Nonce, string(encrypted))
			return value{"encrypted": string(encrypted), "signature": signature}, nil
		},
	})
}

func signed(config *jsapi.Config, err error) (value, error) {
	if err != nil {
		return nil, err
	}
	return value{
		"signature": config.Signature,
		"nonceStr":  config.NonceStr,
		"timestamp": config.Timestamp,
	}, nil
}
