<?php

declare(strict_types=1);

use EasyWeChat\Work\Application;
use EasyWeChat\Work\Server;
use Nyholm\Psr7\ServerRequest;
use Symfony\Component\Cache\Adapter\ArrayAdapter;
use Symfony\Component\Cache\Psr16Cache;

require __DIR__.'/vendor/autoload.php';

// Answers the calls of ../driver.ts: a JSON line for each JSON line.

$app = new Application([
    'corp_id' => getenv('CORPID'),
    'secret' => getenv('SECRET'),
    'token' => getenv('CALLBACK_TOKEN'),
    'aes_key' => getenv('CALLBACK_KEY'),
    'oauth' => ['redirect_url' => 'http://localhost:3000/back'],
    'http' => ['throw' => true],
]);
$app->setCache(new Psr16Cache(new ArrayAdapter()));
$client = $app->getClient();

$get = fn (string $path, array $query = []): array => $client->get("cgi-bin/$path", ['query' => $query])->toArray();
$post = fn (string $path, array $json): array => $client->postJson("cgi-bin/$path", $json)->toArray();

$receive = function (array $given) use ($app) {
    $query = array_intersect_key($given, array_flip(['msg_signature', 'timestamp', 'nonce', 'echostr']));
    $method = $given['body'] === '' ? 'GET' : 'POST';
    $request = new ServerRequest($method, 'http://localhost/', ['Content-Type' => 'text/xml'], $given['body']);

    return new Server($app->getEncryptor(), $request->withQueryParams(array_filter($query)));
};

$calls = [
    'token' => fn (array $given) => ['token' => $app->getAccessToken()->getToken()],
    'code' => fn (array $given) => ['userid' => $app->getOAuth()->userFromCode($given['code'])->getId()],
    'detail' => function (array $given) use ($get, $post) {
        $info = $get('auth/getuserinfo', ['code' => $given['code']]);

        return $post('auth/getuserdetail', ['user_ticket' => $info['user_ticket']]);
    },
    'user' => fn (array $given) => $get('user/get', ['userid' => $given['userid']]),
    'departments' => fn (array $given) => ['ids' => array_column($get('department/list')['department'], 'id')],
    'tags' => fn (array $given) => ['names' => array_column($get('tag/list')['taglist'], 'tagname')],
    'ticket' => fn (array $given) => ['ticket' => $app->getTicket()->getTicket()],
    'agentTicket' => fn (array $given) => ['ticket' => $app->getTicket()->getAgentTicket($given['agentid'])],
    'agent' => fn (array $given) => $get('agent/get', ['agentid' => $given['agentid']]),
    'message' => fn (array $given) => $post('message/send', [
        'touser' => $given['userid'],
        'agentid' => $given['agentid'],
        'msgtype' => 'text',
        'text' => ['content' => $given['text']],
    ]),
    'push' => fn (array $given) => ['event' => $receive($given)->getDecryptedMessage()->Event],
    'verify' => fn (array $given) => ['echo' => (string) $receive($given)->serve()->getBody()],
    'reply' => fn (array $given) => [
        'xml' => $app->getEncryptor()->encrypt($given['text'], $given['nonce'], $given['timestamp']),
    ],
];

while (($line = fgets(STDIN)) !== false) {
    ['call' => $name, 'with' => $given] = json_decode($line, true);
    try {
        $answer = isset($calls[$name]) ? ['value' => $calls[$name]($given)] : ['absent' => true];
    } catch (Throwable $error) {
        $answer = ['error' => $error::class.': '.$error->getMessage()];
    }
    // The client may print lines of its own.
    echo '@@'.json_encode($answer)."\n";
}
