/** Approves the sign-in on WeCom's page. @returns the address of the redirect */
export async function returnOf(wecomAddress: string, who = 'user123'): Promise<string> {
  const response = await fetch(wecomAddress, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ who, decision: 'approve' }),
  });
  const location = response.headers.get('location');
  if (location === null)
    throw new Error(`WeCom's page does not redirect: ${await response.text()}`);
  return location;
}
