// Package driver answers the calls of ../../driver.ts: a JSON line for each JSON line.
package driver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Given are the parameters of every call. Each call uses the ones that it needs.
type Given struct {
	Code, Userid, Text, URL, Body, Timestamp, Nonce, Echostr string
	Agentid                                                  int64
	MsgSignature                                             string `json:"msg_signature"`
}

// Value is the result of a call.
type Value map[string]any

// Calls has a function for each call that the client has.
type Calls map[string]func(Given) (Value, error)

// Serve runs the named function for each line.
func Serve(calls Calls) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var request struct {
			Call string
			With Given
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			panic(err)
		}
		answer, err := json.Marshal(answerOf(calls[request.Call], request.With))
		if err != nil {
			panic(err)
		}
		// The client may print lines of its own.
		fmt.Printf("@@%s\n", answer)
	}
}

func answerOf(call func(Given) (Value, error), given Given) (answer Value) {
	if call == nil {
		return Value{"absent": true}
	}
	defer func() {
		if reason := recover(); reason != nil {
			answer = Value{"error": fmt.Sprintf("panic: %v", reason)}
		}
	}()
	value, err := call(given)
	if err != nil {
		return Value{"error": err.Error()}
	}
	return Value{"value": value}
}
