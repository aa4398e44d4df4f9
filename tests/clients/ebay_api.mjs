// What a user of the npm package `ebay-api` would write, but for the address of the server.
// Takes its orders as JSON on standard input, prints what came of them as JSON.
import { readFileSync } from 'node:fs';
import eBayApi from 'ebay-api';

const asked = JSON.parse(readFileSync(0, 'utf8'));
const client = new eBayApi({
  appId: asked.appId ?? 'app',
  certId: asked.certId ?? 'cert',
  sandbox: false,
  siteId: eBayApi.SiteId.EBAY_US,
  marketplaceId: eBayApi.MarketplaceId.EBAY_US,
  authToken: asked.authToken,
});
if (asked.accessToken) {
  client.OAuth2.setCredentials({
    access_token: asked.accessToken,
    refresh_token: asked.refreshToken,
  });
}

// Either the interceptor of axios sends everything elsewhere ...
if (asked.by === 'interceptor') {
  client.req.instance.interceptors.request.use((request) => {
    request.url = request.url.replace('https://api.ebay.com', asked.url);
    return request;
  });
}

// ... or the package's own option says where the service is: schema + subdomain + '.' + tld.
function group(name) {
  if (asked.by === 'interceptor') {
    return client.postOrder[name];
  }
  const [subdomain, ...rest] = new URL(asked.url).host.split('.');
  return client.postOrder[name].api({ schema: 'http://', subdomain, tld: rest.join('.') });
}

async function refund(returnId) {
  const before = await group('return').getReturn(returnId, 'FULL');
  const lines = before.detail.refundInfo.estimatedRefundDetail.itemizedRefundDetails;
  const cents = lines.reduce((sum, line) => sum + Math.round(line.estimatedAmount.value * 100), 0);
  const { currency } = lines[0].estimatedAmount;
  const refunded = await group('return').issueReturnRefund(returnId, {
    refundDetail: {
      itemizedRefundDetail: lines.map((line) => ({
        refundFeeType: line.refundFeeType,
        refundAmount: { value: line.estimatedAmount.value, currency },
      })),
      totalAmount: { value: cents / 100, currency },
    },
  });
  const after = await group('return').getReturn(returnId, 'FULL');
  return { before, refunded, after };
}

const answers = [];
for (const [name, method, ...given] of asked.steps) {
  try {
    const answer = method === 'refund' ? await refund(...given) : await group(name)[method](...given);
    answers.push({ answer });
  } catch (error) {
    answers.push({ error: error.name, status: error.meta?.res?.status ?? null });
  }
}
process.stdout.write(JSON.stringify(answers));
