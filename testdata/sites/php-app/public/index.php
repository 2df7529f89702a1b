<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
switch ($path) {
case '/missing':
    http_response_code(404);
    echo "no such page\n";
    break;
case '/moved':
    header('Location: /there');
    break;
case '/large':
    echo str_repeat('0123456789', 100000);
    break;
default:
    header('Content-Type: application/json');
    echo json_encode([
        'method' => $_SERVER['REQUEST_METHOD'],
        'path' => $path,
        'query' => $_GET,
        'form' => $_POST,
        'length' => strlen(file_get_contents('php://input')),
        'agent' => $_SERVER['HTTP_USER_AGENT'] ?? '',
        'script' => $_SERVER['SCRIPT_NAME'],
    ]);
}
